"""Requests that are made now and then: in memory while one of them is answered, no longer.

A handler gets what those in requests.py get, whose table names these too.
"""

from runicos.contract.errors import BAD_REQUEST, NOT_SIMULATED, RuneError
from runicos.log import INFO


def handler(verb: str) -> object:
    """Return what answers a verb."""
    return globals()["_" + verb]


def _abort(system: object, link: object, given: "dict[str, object]") -> object:
    system.receive("abort", link, given["upload"])
    return {}


def _chunks(system: object, link: object, given: "dict[str, object]") -> object:
    from runicos.chunked import listed

    digest = system.runes.find(given["name"]).sha256
    body = system.store.open(given["name"])
    try:
        size = sum([len(part) for part in body.parts])
        if given["offset"] > size:
            raise RuneError(BAD_REQUEST, "chunks", "an offset beyond the file")
        found, following = listed(body.parts, given["offset"])
        return {"sha256": digest, "bytes": size, "chunks": found, "next": following}
    finally:
        body.close()


def _copy(system: object, link: object, given: "dict[str, object]") -> object:
    # Not any file's name: that of a Rune on this board.
    system.runes.find(given["name"])
    place = (given["at"], given["name"], given["offset"], given["length"])
    return {"offset": system.receive("copy", link, given["upload"], *place)}


def _patch(system: object, link: object, given: "dict[str, object]") -> object:
    system.runes.find(given["name"])
    order = (given["at"], given["name"], given["data"])
    return {"offset": system.receive("patch", link, given["upload"], *order)}


def _stop(system: object, link: object, given: "dict[str, object]") -> object:
    system.runes.stop(given["name"])
    return {}


def _rm(system: object, link: object, given: "dict[str, object]") -> object:
    from runicos.permit import remove

    remove(system.runes, given["name"])
    return {}


def _self_test(system: object, link: object, given: "dict[str, object]") -> object:
    return {"self_test": system.runes.ready(given["name"]).container.self_test()}


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
    system.note(INFO, "", "%s records %s" % (link.name, given["kind"]))


def _reset(system: object, link: object, given: "dict[str, object]") -> object:
    system.request_reset()
    return {}
