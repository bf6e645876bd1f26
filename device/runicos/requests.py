"""Requests: what each verb takes and what it answers. The table at the end is the protocol.

A handler gets the system, the link and the checked arguments. It returns the answer, or None when
the answer comes later. docs/link-protocol.md describes the verbs.
"""

from micropython import const

from runicos.contract import wire
from runicos.contract.errors import BAD_REQUEST, UNKNOWN_VERB, RuneError
from runicos.link import CHUNK_MAX, FRAME_MAX, WINDOW_BYTES
from runicos.modules import unload_requests

TOPICS = ("out", "log", "state", "saga")
# Where a verb's handler is: here, or in a module that is loaded for it.
_HERE = const(0)
_RARE = const(1)
_TRUST = const(2)
_SAGA = const(3)
_STORE = const(4)
_GRANTS = const(5)
_LOGS_MAX = const(32)
_NUMBER_MAX = const(1_000_000_000)


def answer(system: object, link: object, verb: str, given: "dict[str, object]") -> object:
    """Return the answer to one request, or None when it comes later. Raises RuneError."""
    if verb != "hello":
        system.untold_fault = None
    for known, where, wanted in _VERBS:
        if known == verb:
            checked = _check(verb, wanted, given)
            if where == _HERE:
                return globals()["_" + verb](system, link, checked)
            try:
                return _loaded(where, verb)(system, link, checked)
            finally:
                unload_requests()
    raise RuneError(UNKNOWN_VERB, verb)


def _loaded(where: int, verb: str) -> object:
    """Return what answers a verb that is rarely asked for."""
    if where == _TRUST:
        from runicos.requests_trust import handler
    elif where == _SAGA:
        from runicos.requests_saga import handler
    elif where == _STORE:
        from runicos.requests_store import handler
    elif where == _GRANTS:
        from runicos.requests_grants import handler
    else:
        from runicos.requests_rare import handler
    return handler(verb)


def _check(
    verb: str, wanted: "tuple[tuple[object, ...], ...]", given: "dict[str, object]"
) -> "dict[str, object]":
    """Return the arguments with defaults filled in; types and ranges hold afterwards."""
    names = [argument[0] for argument in wanted]
    for name in given:
        if name not in names:
            raise RuneError(BAD_REQUEST, verb, "unknown argument %s" % name)
    checked = {}
    for name, kind, *default in wanted:
        if name in given and not (default and given[name] is default[0]):
            if not _is(kind, given[name]):
                raise RuneError(BAD_REQUEST, verb, "argument %s has a wrong value" % name)
            checked[name] = given[name]
        elif default:
            checked[name] = default[0]
        else:
            raise RuneError(BAD_REQUEST, verb, "argument %s missing" % name)
    return checked


def _is(kind: str, value: object) -> bool:
    """Say whether an argument is of a kind that the table names."""
    if kind == "text":
        return isinstance(value, str) and len(value) <= 255
    if kind == "flag":
        return isinstance(value, bool)
    if kind == "number":
        return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _NUMBER_MAX
    if kind == "period":
        from runicos.contract.checked_manifest import PERIOD_MAX_MS

        return _is("number", value) and value <= PERIOD_MAX_MS
    if kind in ("order", "map"):
        return isinstance(value, dict)
    if kind == "models":
        return isinstance(value, list) and all([_is_model(item) for item in value])
    if kind == "params":
        is_map = isinstance(value, dict)
        return is_map and all([isinstance(item, (int, float)) for item in value.values()])
    if kind in ("bytes", "sha256"):
        return isinstance(value, bytes) and (kind == "bytes" or len(value) == 32)
    if not isinstance(value, list) or not all([_is("text", item) for item in value]):
        return False
    return kind == "texts" or all([topic in TOPICS for topic in value])


def _is_model(value: object) -> bool:
    """Say whether an entry is the (offset, length, SHA-256) of a model in a file."""
    if not isinstance(value, list) or len(value) != 3:
        return False
    return _is("number", value[0]) and _is("number", value[1]) and _is("sha256", value[2])


def is_period(value: object) -> bool:
    """Say whether a Rune can be called every so many milliseconds; 0 is on request only."""
    return _is("period", value)


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
    if system.untold_fault is not None:
        greeting["fault"] = system.untold_fault
    return greeting


def _facts(system: object, link: object, given: "dict[str, object]") -> object:
    return system.facts()


def _begin(system: object, link: object, given: "dict[str, object]") -> object:
    file = given["name"], given["size"], given["sha256"]
    upload, offset, shared = system.receive("begin", link, *file, given["models"])
    return {"upload": upload, "offset": offset, "shared": shared}


def _commit(system: object, link: object, given: "dict[str, object]") -> object:
    return system.receive("commit", link, given["upload"], given["period_ms"])


def _start(system: object, link: object, given: "dict[str, object]") -> object:
    return system.runes.start(given["name"], given["period_ms"])


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
    wanted = given["name"], given["after"], min(given["limit"], _LOGS_MAX)
    records, following = system.journal.lines(*wanted)
    boot, oldest = system.journal.state()[:2]
    return {"records": records, "next": following, "oldest": oldest, "boot": boot}


def _subscribe(system: object, link: object, given: "dict[str, object]") -> object:
    for topic in given["topics"]:
        link.subscriptions[topic] = given["name"]
    return {}


def _unsubscribe(system: object, link: object, given: "dict[str, object]") -> object:
    for topic in given["topics"] or TOPICS:
        link.subscriptions.pop(topic, None)
    return {}


# (verb, where, ((argument, its kind, and a default unless it must be given), …)); `_<verb>`
# answers. Constants all through, so that it lies in flash.
_VERBS = (
    ("hello", _HERE, (("host", "text", ""),)),
    ("facts", _HERE, ()),
    (
        "begin",
        _HERE,
        (("name", "text"), ("size", "number"), ("sha256", "sha256"), ("models", "models", ())),
    ),
    ("commit", _HERE, (("upload", "number"), ("period_ms", "period", None))),
    ("abort", _RARE, (("upload", "number"),)),
    ("chunks", _RARE, (("name", "text"), ("offset", "number", 0))),
    (
        "copy",
        _RARE,
        (
            ("upload", "number"),
            ("at", "number"),
            ("name", "text"),
            ("offset", "number"),
            ("length", "number"),
        ),
    ),
    (
        "patch",
        _RARE,
        (("upload", "number"), ("at", "number"), ("name", "text"), ("data", "bytes")),
    ),
    ("start", _HERE, (("name", "text"), ("period_ms", "period", None))),
    ("stop", _RARE, (("name", "text"),)),
    ("rm", _RARE, (("name", "text"),)),
    ("rollback", _STORE, (("name", "text"),)),
    ("flash", _STORE, ()),
    ("ps", _HERE, ()),
    ("call", _HERE, (("name", "text"), ("count", "number", 1))),
    ("logs", _HERE, (("name", "text", None), ("after", "number", 0), ("limit", "number", 32))),
    ("stats", _SAGA, (("name", "text"),)),
    ("trace", _SAGA, (("name", "text"),)),
    ("health", _SAGA, ()),
    ("saga", _SAGA, (("name", "text", None), ("after", "number", 0))),
    ("subscribe", _HERE, (("topics", "topics"), ("name", "text", None))),
    ("unsubscribe", _HERE, (("topics", "topics", ()),)),
    ("self_test", _RARE, (("name", "text"),)),
    (
        "feed",
        _RARE,
        (
            ("kind", "text"),
            ("size", "number", None),
            ("file", "text", None),
            ("offset", "number", 0),
            ("data", "bytes", b""),
            ("once", "flag", False),
            ("clear", "flag", False),
        ),
    ),
    (
        "record",
        _RARE,
        (
            ("kind", "text"),
            ("params", "params"),
            ("window_bytes", "number"),
            ("count", "number", 1),
        ),
    ),
    ("reset", _RARE, ()),
    ("challenge", _TRUST, ()),
    ("keys", _TRUST, ()),
    (
        "trust",
        _TRUST,
        (
            ("name", "text"),
            ("public", "sha256"),
            ("comment", "text", ""),
            ("runes", "texts", None),
            ("capabilities", "texts", None),
            ("order", "order", None),
        ),
    ),
    ("distrust", _TRUST, (("key", "bytes"), ("order", "order", None))),
    (
        "downgrade",
        _TRUST,
        (
            ("name", "text"),
            ("release", "text"),
            ("counter", "number", None),
            ("order", "order", None),
        ),
    ),
    ("policy_show", _GRANTS, (("name", "text", None),)),
    ("policy_set", _GRANTS, (("policy", "map", None), ("order", "order", None))),
    ("demands", _GRANTS, (("name", "text"),)),
    (
        "grant",
        _GRANTS,
        (
            ("name", "text"),
            ("demands", "map"),
            ("signer", "bytes", None),
            ("version", "sha256", None),
            ("period_ms", "period", None),
            ("order", "order", None),
        ),
    ),
    (
        "period",
        _GRANTS,
        (("name", "text"), ("version", "sha256"), ("period_ms", "period", None)),
    ),
    ("revoke", _GRANTS, (("name", "text"), ("kinds", "texts"), ("order", "order", None))),
)
