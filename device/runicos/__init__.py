"""RunicOS: the runtime that runs Runes on MicroPython boards.

At a board's REPL, `runicos.ps()`, `start`, `stop`, `call` and `logs` show and steer its Runes.
"""

# What runs on this board, for the shell; boot sets it.
system: object = None


def _shell() -> object:
    from runicos import shell as module

    # dir(runicos) is to name what there is to use.
    globals().pop("shell", None)
    return module


def ps() -> None:
    """Print a table of the Runes on this board."""
    _shell().ps()


def start(name: str, period_ms: "int | None" = None) -> None:
    """Start a Rune, every `period_ms` or as its manifest says."""
    _shell().start(name, period_ms)


def stop(name: str) -> None:
    """Stop a Rune."""
    _shell().stop(name)


def call(name: str, count: int = 1) -> None:
    """Call a Rune now, `count` times, and print what it put out."""
    _shell().call(name, count)


def logs(name: "str | None" = None, limit: int = 20) -> None:
    """Print the last records of the log, of one Rune or of all."""
    _shell().logs(name, limit)
