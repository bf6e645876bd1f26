"""RunicOS: the runtime that runs Runes on MicroPython boards.

At a board's REPL, `runicos.ps()`, `start`, `stop`, `call` and `logs` show and steer its Runes.
"""

# What runs on this board, for the shell; boot sets it.
system: object = None


def ps() -> None:
    """Print a table of the Runes on this board."""
    from runicos import shell

    shell.ps()


def start(name: str, period_ms: "int | None" = None) -> None:
    """Start a Rune, every `period_ms` or as its manifest says."""
    from runicos import shell

    shell.start(name, period_ms)


def stop(name: str) -> None:
    """Stop a Rune."""
    from runicos import shell

    shell.stop(name)


def call(name: str, count: int = 1) -> None:
    """Call a Rune now, `count` times, and print what it put out."""
    from runicos import shell

    shell.call(name, count)


def logs(name: "str | None" = None, limit: int = 20) -> None:
    """Print the last records of the log, of one Rune or of all."""
    from runicos import shell

    shell.logs(name, limit)
