"""What `import runicos` offers at the REPL: ps, start, stop, call, logs."""

import runicos
from runicos.contract.checked_manifest import PERIOD_MAX_MS
from runicos.contract.errors import RuneError
from runicos.contract.sentences import sentence
from runicos.requests import is_period

_COLUMNS = ("name", "release", "state", "period_ms", "calls", "failures", "mean_us", "ram_bytes")
_HERE = ("ps", "start", "stop", "call", "logs")


def ps() -> None:
    """Print a table of the Runes on this board."""
    rows = _system().runes.rows()
    table = [_COLUMNS] + [tuple([str(row[key]) for key in _COLUMNS]) for row in rows]
    widths = [max([len(line[at]) for line in table]) for at in range(len(_COLUMNS))]
    for line in table:
        cells = [line[at] + " " * (widths[at] - len(line[at])) for at in range(len(line))]
        print("  ".join(cells).rstrip())
    for row in rows:
        if row["last_error"] is not None:
            print("%s: %s%s" % (row["name"], _at_repl(sentence(*row["last_error"])), _next(row)))


def _next(row: "dict[str, object]") -> str:
    """Return whether a Rune that failed is tried again."""
    if "retry_ms" in row:
        return "; again in %d ms" % row["retry_ms"]
    return "; given up" if "given_up" in row else ""


def start(name: str, period_ms: "int | None" = None) -> None:
    """Start a Rune, every `period_ms` or as its manifest says."""
    if period_ms is not None and not is_period(period_ms):
        raise ValueError("period_ms is 0 to %d" % PERIOD_MAX_MS)
    result = _told(_system().runes.start, name, period_ms)
    print("granted:", ", ".join(result["granted"]), "- self-test:", result["self_test"])


def stop(name: str) -> None:
    """Stop a Rune."""
    _told(_system().runes.stop, name)


def call(name: str, count: int = 1) -> None:
    """Call a Rune now, `count` times, and print what it put out."""
    system = _system()
    rune = _told(system.runes.ready, name)
    # What it put out before, called by its period, is not asked for.
    system.outputs.take_payloads(name, rune.container.ring)
    for _ in range(count):
        _told(system.schedule.call_now, rune)
        for payload in system.outputs.take_payloads(name, rune.container.ring):
            print(str(payload, "utf-8") if payload[:1] in (b"{", b"[") else payload)


def logs(name: "str | None" = None, limit: int = 20) -> None:
    """Print the last records of the log, of one Rune or of all."""
    journal = _system().journal
    found: "list[list[object]]" = []
    after, following = -1, 0
    while following != after:
        after = following
        lines, following = journal.lines(name, after, limit)
        found = (found + lines)[-limit:]
    for record in found:
        print("%3d %8d %-7s %s %s" % (record[5], record[3], record[1], record[2], record[4]))


def _system() -> object:
    if runicos.system is None:
        raise RuntimeError("RunicOS does not run here")
    return runicos.system


def _told(function: object, *arguments: object) -> object:
    """Call a function; an error of a Rune comes as a sentence."""
    try:
        return function(*arguments)
    except RuneError as error:
        raise RuntimeError(_at_repl(sentence(error.code, error.arguments)))


def _at_repl(text: str) -> str:
    """Return a sentence with the commands of runicd as what is called here."""
    pieces = text.split("`")
    for at in range(1, len(pieces), 2):
        words = pieces[at].split(" ")
        if words[0] == "runicd" and len(words) > 1 and words[1] in _HERE:
            given = ", ".join([repr(word) for word in words[2:]])
            pieces[at] = "runicos.%s(%s)" % (words[1], given)
    return "`".join(pieces)
