"""A Rune from whatever names it: a `.rune`, a Runefile, a folder with one."""

from __future__ import annotations

from pathlib import Path

from runicd.errors import InputError, RuneFormatError
from runicd.types import Rune

_WASM_MAGIC = b"\0asm"


def open_rune(source: Rune | str | Path) -> Rune:
    """Return a Rune as it is, read it from its file, or build it from its Runefile.

    Raises InputError when there is no such file, RuneFormatError or RunefileError when it is
    wrong.
    """
    if isinstance(source, Rune):
        return source
    path = Path(source)
    if path.is_dir() or (path.suffix != ".rune" and path.is_file() and not _is_wasm(path)):
        from runicd.runefile.build import build  # noqa: PLC0415 - only Runefiles need the builder

        return build(path)
    return _read(path)


def _is_wasm(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_WASM_MAGIC)) == _WASM_MAGIC


def _read(path: Path) -> Rune:
    from runicd.runefile.build import rune_name  # noqa: PLC0415 - as above
    from runicd.runefile.read_rune import read_rune  # noqa: PLC0415 - as above

    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise InputError("no such file", where=str(path)) from error
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=str(path)) from error
    try:
        found = read_rune(data)
    except RuneFormatError as error:
        raise RuneFormatError(error.what, where=str(path), remedy=error.remedy) from error
    # Runes of the original toolchain carry no name.
    name = found.manifest.name if found.manifest else rune_name(path.stem)
    return Rune(name, data, found.fields)
