"""What lies on a board's flash whose bodies are files: read, and written as the store does."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import cbor2


def files(flash: Path) -> set[str]:
    """The names of the store's files, not of trust's; every body is `*.body`."""
    names = {path.name for path in (flash / "runes").iterdir()} - {"keys"}
    names = {name for name in names if not name.endswith(".floor")}
    return {"*.body" if name.endswith(".body") else name for name in names}


def pointer(flash: Path, name: str) -> dict[str, Any]:
    """What a Rune's pointer says."""
    found: dict[str, Any] = cbor2.loads((flash / "runes" / f"{name}.rune").read_bytes())
    return found


def body(flash: Path, name: str) -> Path:
    """The file of a Rune's current version."""
    return flash / "runes" / str(pointer(flash, name)["current"][0])


def content(flash: Path, name: str) -> bytes:
    """The bytes of a Rune's current version."""
    return body(flash, name).read_bytes()


def put(flash: Path, name: str, data: bytes) -> None:
    """Put a Rune on a flash whose board is off, confirmed."""
    folder = flash / "runes"
    folder.mkdir(parents=True, exist_ok=True)
    digest = sha256(data).digest()
    place = digest[:16].hex() + ".body"
    (folder / place).write_bytes(data)
    current = [place, digest, len(data), "", None, []]
    fields = {"sequence": 1, "current": current, "previous": None, "trial": 0, "reason": None}
    (folder / f"{name}.rune").write_bytes(cbor2.dumps(fields))
