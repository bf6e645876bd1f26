"""Reads the files that a Runefile names: models, blocks, resources; directories become zip files.

A zip of the same files is the same bytes on every machine: sorted names, fixed dates and modes.
"""

from __future__ import annotations

import io
from pathlib import Path

from runicd.runefile.faults import Faults, did_you_mean
from runicd.types import Resource, Span

MAX_FILE_BYTES = 1 << 30


def read_file(folder: str, path: str, span: Span, faults: Faults) -> bytes | None:
    """Return the bytes of a file, or of a directory as a zip; None after a fault."""
    target = Path(folder, path)
    try:
        if target.is_dir():
            return zip_directory(target)
        if target.stat().st_size > MAX_FILE_BYTES:
            faults.add(span, f'"{path}" is larger than 1 GiB', "no board holds that")
            return None
        return target.read_bytes()
    except FileNotFoundError:
        faults.add(span, f'there is no file "{path}"', _nearby(target))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        faults.add(span, f'"{path}" cannot be read: {reason}')
    return None


def _nearby(target: Path) -> str:
    """Suggest a file of the same folder whose name is near."""
    if not target.parent.is_dir():
        return f"there is no folder {target.parent} either"
    return did_you_mean(target.name, [entry.name for entry in target.parent.iterdir()])


def zip_directory(folder: Path) -> bytes:
    """Return a zip of all files below a folder, the same bytes for the same content."""
    import zipfile  # noqa: PLC0415 - few builds need it, and it is slow to import

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), (1980, 1, 1, 0, 0, 0))
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o100644 << 16
                entry.create_system = 3
                archive.writestr(entry, path.read_bytes())
    return out.getvalue()


def resource_bytes(resource: Resource, folder: str, faults: Faults) -> bytes | None:
    """Return a resource's value; None when it has none or after a fault."""
    if resource.inline is not None:
        return resource.inline.encode()
    if resource.path is None:
        return None
    return read_file(folder, resource.path, resource.span, faults)
