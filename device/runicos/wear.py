"""Wear: what writing Runes costs the flash, counted since the board was started.

Bytes that were programmed and bytes that were erased, of the bodies and of the file system that
the small files are in, where whoever knows it counts: None where nobody does.
"""


def totals(system: object) -> "dict[str, int | None]":
    """Return what the flash has taken since the board was started."""
    bodies = system.store.bodies
    count = getattr(system.board, "files_wear", None)
    files = (None, None) if count is None else count()
    return {
        "flash_written": bodies.written_bytes,
        "flash_erased": bodies.erased_bytes,
        "files_written": files[0],
        "files_erased": files[1],
    }


def since(
    before: "dict[str, int | None]", now: "dict[str, int | None]"
) -> "dict[str, int | None]":
    """Return what has come on top."""
    return {name: _more(before[name], total) for name, total in now.items()}


def add(telemetry: object, cast: "dict[str, int | None]") -> None:
    """Count a cast among those of its Rune."""
    written, erased = telemetry.flash or (0, 0)
    telemetry.flash = (
        written + (cast["flash_written"] or 0),
        erased + (cast["flash_erased"] or 0),
    )


def _more(before: "int | None", total: "int | None") -> "int | None":
    return None if before is None or total is None else total - before
