"""Reads the files that a Runefile names: models, blocks, resources; directories become zip files.

A zip of the same files is the same bytes on every machine: sorted names, fixed dates and modes.
"""

from __future__ import annotations

import io
from pathlib import Path

from runicd.runefile.faults import Faults, did_you_mean
from runicd.types import Resource, Span

MAX_FILE_BYTES = 1 << 28
MAX_FOLDER_BYTES = 1 << 26
MAX_FOLDER_FILES = 4096


def read_file(folder: str, path: str, span: Span, faults: Faults) -> bytes | None:
    """Return the bytes of a file; None after a fault. Devices, pipes and folders are refused."""
    target = Path(folder, path)
    try:
        if target.is_dir():
            faults.add(span, f'"{path}" is a folder', "name a file in it")
        elif target.exists() and not target.is_file():
            faults.add(span, f'"{path}" is no file', "name a file")
        elif target.stat().st_size > MAX_FILE_BYTES:
            faults.add(span, f'"{path}" is larger than {MAX_FILE_BYTES} bytes', "boards are small")
        else:
            return target.read_bytes()
    except FileNotFoundError:
        faults.add(span, f'there is no file "{path}"', _nearby(target))
    except (OSError, ValueError) as error:
        _unreadable(path, error, span, faults)
    return None


def _unreadable(path: str, error: Exception, span: Span, faults: Faults) -> None:
    reason = getattr(error, "strerror", None) or str(error)
    faults.add(span, f'"{path}" cannot be read: {reason}')


def _nearby(target: Path) -> str:
    """Suggest a file of the same folder whose name is near."""
    if not target.parent.is_dir():
        return f"there is no folder {target.parent} either"
    return did_you_mean(target.name, [entry.name for entry in target.parent.iterdir()])


def zip_folder(folder: str, path: str, span: Span, faults: Faults) -> bytes | None:
    """Return a zip of all files below a folder, the same bytes for the same content.

    None after a fault; a folder too large for any board is one.
    """
    target = Path(folder, path)
    try:
        files = _files(target)
        if files is None:
            limit = f"{MAX_FOLDER_FILES} files of {MAX_FOLDER_BYTES} bytes together"
            faults.add(span, f'"{path}" holds more than {limit}', "boards are small")
            return None
        return _zip(target, files)
    except OSError as error:
        _unreadable(path, error, span, faults)
    return None


def _files(folder: Path) -> list[Path] | None:
    """Return the files below a folder, sorted; None when they are too many or too large."""
    found: list[Path] = []
    total = 0
    for path in folder.rglob("*"):
        if path.is_file():
            found.append(path)
            total += path.stat().st_size
        if len(found) > MAX_FOLDER_FILES or total > MAX_FOLDER_BYTES:
            return None
    return sorted(found)


def _zip(folder: Path, files: list[Path]) -> bytes:
    import zipfile  # noqa: PLC0415 - few builds need it, and it is slow to import

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in files:
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
    if Path(folder, resource.path).is_dir():
        return zip_folder(folder, resource.path, resource.span, faults)
    return read_file(folder, resource.path, resource.span, faults)
