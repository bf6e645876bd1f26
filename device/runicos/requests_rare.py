"""Requests that are made now and then: in memory while one of them is answered, no longer.

A handler gets what those in requests.py get, whose table names these too.
"""

import gc

from runicos.contract.errors import NOT_SIMULATED, RuneError


def handler(verb: str) -> object:
    """Return what answers a verb."""
    return globals()["_" + verb]


def _abort(system: object, link: object, given: "dict[str, object]") -> object:
    system.receive("abort", link, given["upload"])
    return {}


def _stop(system: object, link: object, given: "dict[str, object]") -> object:
    system.runes.stop(given["name"])
    return {}


def _rm(system: object, link: object, given: "dict[str, object]") -> object:
    system.runes.remove(given["name"])
    return {}


def _stats(system: object, link: object, given: "dict[str, object]") -> object:
    # Not at the top: an idle board has no use for it.
    import wasm3

    statistics = system.runes.statistics(given["name"])
    gc.collect()
    heap = {"used": gc.mem_alloc(), "free": gc.mem_free(), "wasm3": wasm3.allocated()}
    statistics["heap"] = heap
    return statistics


def _self_test(system: object, link: object, given: "dict[str, object]") -> object:
    return {"self_test": system.runes.self_test(given["name"])}


def _feed(system: object, link: object, given: "dict[str, object]") -> object:
    fed = getattr(system.board, "recordings", None)
    if fed is None:
        raise RuneError(NOT_SIMULATED)
    return fed.feed(given["kind"], given)


def _record(system: object, link: object, given: "dict[str, object]") -> object:
    # Most boards never record: what it takes is loaded when it is wanted.
    from runicos.record import start

    if system.recorder is not None and system.recorder.link is link:
        # Whoever asked for it has gone without a word.
        system.recorder.close()
        system.recorder = None
    system.recorder = start(system, link, given)


def _reset(system: object, link: object, given: "dict[str, object]") -> object:
    system.request_reset()
    return {}
