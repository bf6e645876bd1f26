"""A Rune from whatever names it: a `.rune`, a Runefile, a folder with one."""

from __future__ import annotations

from pathlib import Path

from runicd.errors import RuneFormatError
from runicd.files import read_bytes
from runicd.names import rune_name
from runicd.runefile.read_rune import read_rune
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
    data = b"" if path.is_dir() else read_bytes(path)
    if path.suffix == ".rune" or data.startswith(_WASM_MAGIC):
        return _read(path, data)
    from runicd.runefile.build import build  # noqa: PLC0415 - only Runefiles need the builder

    return build(path)


def _read(path: Path, data: bytes) -> Rune:
    try:
        found = read_rune(data)
    except RuneFormatError as error:
        raise RuneFormatError(error.what, where=str(path), remedy=error.remedy) from error
    # Runes of the original toolchain carry no name.
    name = found.manifest.name if found.manifest else rune_name(path.stem)
    return Rune(name, data, found.fields)
