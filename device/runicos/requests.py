"""Requests: what each verb takes and what it answers. The table at the end is the protocol.

A handler gets the system, the link and the checked arguments. It returns the answer, or None when
the answer comes later. docs/link-protocol.md describes the verbs.
"""

import gc

from runicos.contract import wire
from runicos.contract.errors import BAD_REQUEST, NOT_SIMULATED, UNKNOWN_VERB, RuneError
from runicos.contract.rune_manifest import PERIOD_MAX_MS
from runicos.link import CHUNK_MAX, FRAME_MAX, WINDOW_BYTES

TOPICS = ("out", "log", "state")
_LOGS_MAX = 32
_CALLS_MAX = 1_000_000_000


def answer(system: object, link: object, verb: str, given: "dict[str, object]") -> object:
    """Return the answer to one request, or None when it comes later. Raises RuneError."""
    entry = VERBS.get(verb)
    if entry is None:
        raise RuneError(UNKNOWN_VERB, verb)
    handler, wanted = entry
    return handler(system, link, _check(verb, wanted, given))


def _check(
    verb: str, wanted: "dict[str, tuple[object, object]]", given: "dict[str, object]"
) -> "dict[str, object]":
    """Return the arguments with defaults filled in; types and ranges hold afterwards."""
    for name in given:
        if name not in wanted:
            raise RuneError(BAD_REQUEST, verb, "unknown argument %s" % name)
    checked = {}
    for name, (is_good, default) in wanted.items():
        value = given.get(name, default)
        if value is _REQUIRED or (name in given and not is_good(value)):
            problem = "missing" if value is _REQUIRED else "has a wrong value"
            raise RuneError(BAD_REQUEST, verb, "argument %s %s" % (name, problem))
        checked[name] = value
    return checked


def _text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= 255


def _number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _CALLS_MAX


def is_period(value: object) -> bool:
    """Say whether a Rune can be called every so many milliseconds; 0 is on request only."""
    return _number(value) and value <= PERIOD_MAX_MS


def _bytes(value: object) -> bool:
    return isinstance(value, bytes)


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _params(value: object) -> bool:
    return isinstance(value, dict) and all([isinstance(v, (int, float)) for v in value.values()])


def _sha256(value: object) -> bool:
    return isinstance(value, bytes) and len(value) == 32


def _texts(value: object) -> bool:
    return isinstance(value, list) and all([_text(item) for item in value])


def _topics(value: object) -> bool:
    return _texts(value) and all([topic in TOPICS for topic in value])


_REQUIRED = object()


def _hello(system: object, link: object, given: "dict[str, object]") -> object:
    # Whoever recorded over this link has left it without a word.
    link.subscriptions.pop("record", None)
    greeting = {
        "protocol": wire.PROTOCOL,
        "runicos": system.version,
        "board": system.board.name,
        "frame_max": FRAME_MAX,
        "chunk_max": CHUNK_MAX,
        "window": WINDOW_BYTES,
    }
    fault = system.tell_fault()
    if fault is not None:
        greeting["fault"] = fault
    return greeting


def _facts(system: object, link: object, given: "dict[str, object]") -> object:
    return system.facts()


def _begin(system: object, link: object, given: "dict[str, object]") -> object:
    upload, offset = system.receiver.step(
        "begin", link, given["name"], given["size"], given["sha256"]
    )
    return {"upload": upload, "offset": offset}


def _commit(system: object, link: object, given: "dict[str, object]") -> object:
    return {"sha256": system.receiver.step("commit", link, given["upload"])}


def _abort(system: object, link: object, given: "dict[str, object]") -> object:
    system.receiver.step("abort", link, given["upload"])
    return {}


def _start(system: object, link: object, given: "dict[str, object]") -> object:
    return system.runes.start(given["name"], given["period_ms"], given["grant"])


def _stop(system: object, link: object, given: "dict[str, object]") -> object:
    system.runes.stop(given["name"])
    return {}


def _remove(system: object, link: object, given: "dict[str, object]") -> object:
    system.runes.remove(given["name"])
    return {}


def _ps(system: object, link: object, given: "dict[str, object]") -> object:
    return system.runes.rows()


def _call(system: object, link: object, given: "dict[str, object]") -> object:
    frame_id = system.service.request_id

    def done(calls: int, error: "RuneError | None") -> None:
        if error is None:
            system.service.respond(link, frame_id, {"calls": calls})
        else:
            system.service.respond_error(link, frame_id, error)

    system.schedule.request(system.runes.ready(given["name"]), given["count"], done, link)


def _logs(system: object, link: object, given: "dict[str, object]") -> object:
    limit = min(given["limit"], _LOGS_MAX)
    records = system.log.read(given["name"], given["after"], limit)
    following = records[-1][0] if len(records) == limit and records else system.log.sequence
    return {"records": records, "next": following}


def _stats(system: object, link: object, given: "dict[str, object]") -> object:
    statistics = system.runes.statistics(given["name"])
    gc.collect()
    statistics["heap"] = {"used": gc.mem_alloc(), "free": gc.mem_free()}
    return statistics


def _subscribe(system: object, link: object, given: "dict[str, object]") -> object:
    for topic in given["topics"]:
        link.subscriptions[topic] = given["name"]
    return {}


def _unsubscribe(system: object, link: object, given: "dict[str, object]") -> object:
    for topic in given["topics"] or TOPICS:
        link.subscriptions.pop(topic, None)
    return {}


def _self_test(system: object, link: object, given: "dict[str, object]") -> object:
    return {"self_test": system.runes.self_test(given["name"])}


def _feed(system: object, link: object, given: "dict[str, object]") -> object:
    fed = getattr(system.board, "recordings", None)
    if fed is None:
        raise RuneError(NOT_SIMULATED)
    return fed.feed(given["kind"], given)


def _record(system: object, link: object, given: "dict[str, object]") -> object:
    # Most boards never record: what it takes is loaded when it is wanted.
    from runicos import record

    if system.recorder is not None and system.recorder.link is link:
        # Whoever asked for it has gone without a word.
        system.recorder.close()
        system.recorder = None
    system.recorder = record.start(system, link, given)


def _reset(system: object, link: object, given: "dict[str, object]") -> object:
    system.request_reset()
    return {}


_NAME = {"name": (_text, _REQUIRED)}
_MAYBE_NAME = (_text, None)
_UPLOAD = {"upload": (_number, _REQUIRED)}

# verb → (handler, {argument: (check, default)})
VERBS: "dict[str, tuple[object, dict[str, tuple[object, object]]]]" = {
    "hello": (_hello, {"host": (_text, "")}),
    "facts": (_facts, {}),
    "begin": (
        _begin,
        {
            "name": (_text, _REQUIRED),
            "size": (_number, _REQUIRED),
            "sha256": (_sha256, _REQUIRED),
        },
    ),
    "commit": (_commit, _UPLOAD),
    "abort": (_abort, _UPLOAD),
    "start": (
        _start,
        {"name": (_text, _REQUIRED), "period_ms": (is_period, None), "grant": (_texts, None)},
    ),
    "stop": (_stop, _NAME),
    "rm": (_remove, _NAME),
    "ps": (_ps, {}),
    "call": (_call, {"name": (_text, _REQUIRED), "count": (_number, 1)}),
    "logs": (_logs, {"name": _MAYBE_NAME, "after": (_number, 0), "limit": (_number, _LOGS_MAX)}),
    "stats": (_stats, _NAME),
    "subscribe": (_subscribe, {"topics": (_topics, _REQUIRED), "name": _MAYBE_NAME}),
    "unsubscribe": (_unsubscribe, {"topics": (_topics, ())}),
    "self_test": (_self_test, _NAME),
    "feed": (
        _feed,
        {
            "kind": (_text, _REQUIRED),
            "size": (_number, None),
            "file": (_text, None),
            "offset": (_number, 0),
            "data": (_bytes, b""),
            "once": (_flag, False),
            "clear": (_flag, False),
        },
    ),
    "record": (
        _record,
        {
            "kind": (_text, _REQUIRED),
            "params": (_params, _REQUIRED),
            "window_bytes": (_number, _REQUIRED),
            "count": (_number, 1),
        },
    ),
    "reset": (_reset, {}),
}
