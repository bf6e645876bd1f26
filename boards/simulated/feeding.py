"""Feeding a simulated board's sensors: what the verb `feed` does to the files of recordings.py."""

import json
import os

import recordings

from runicos.contract.errors import (
    BAD_REQUEST,
    FEED_ORDER,
    FEED_SHORT,
    NO_CAPABILITY,
    STORE_FAILED,
    RuneError,
)

KINDS = ("ACCEL", "HEALTH", "IMAGE", "RAW", "SOUND")
_ENOSPC = 28
_NAME_MAX = 64
_NAME_MARKS = "_.-"


def answer(
    fed: recordings.Recordings, kind: str, given: "dict[str, object]"
) -> "dict[str, object]":
    """Answer one request: `given` is as docs/link-protocol.md says. Raises RuneError."""
    if kind not in KINDS:
        raise RuneError(NO_CAPABILITY, kind, ", ".join(KINDS))
    folder = fed.folder(kind)
    try:
        if given["file"] is not None:
            size = _add(fed, folder + ".new", given["file"], given["offset"], given["data"])
            return {"size": size}
        _close(fed)
        if given["size"] is not None:
            _begin(fed, folder + ".new", given["size"])
        elif given["clear"]:
            _clear(fed, folder)
        elif recordings.names(folder + ".new"):
            _finish(fed, folder, given["once"])
        else:
            raise RuneError(BAD_REQUEST, "feed", "nothing was fed to %s" % kind)
    except OSError as error:
        raise _failed(fed, error)
    return {}


def measured(fed: recordings.Recordings, name: str) -> "float | None":
    """Return what the board measures of itself, as it was fed; None of what it was not."""
    for path in fed.paths("HEALTH"):
        try:
            with open(path) as file:
                value = json.load(file)[name]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return value if isinstance(value, (int, float)) else None
    return None


def _begin(fed: recordings.Recordings, folder: str, size: int) -> None:
    """Begin to feed files of `size` bytes together. Raises RuneError if there is no room."""
    _remove_folder(folder)
    for needed in (fed.root, folder):
        if not recordings.exists(needed):
            os.mkdir(needed)
    free = _free_bytes(fed)
    if size > free:
        os.rmdir(folder)
        raise RuneError(FEED_SHORT, size - free, size, free)
    fed.left_bytes = size


def _add(fed: recordings.Recordings, folder: str, name: str, offset: int, data: bytes) -> int:
    """Add the next bytes of a file; return how many it has then.

    Raises RuneError FEED_ORDER, with the file's present size, for a piece out of order.
    """
    if not _is_name(name) or not recordings.exists(folder):
        raise RuneError(BAD_REQUEST, "feed", "file %s is not expected" % name)
    path = folder + "/" + name
    if fed.open_file is None or fed.open_file[0] != path:
        _close(fed)
        # It stays open: to find a file's end anew for each piece takes long on a small flash.
        fed.open_file = (path, open(path, "ab"), _size_of(path))
    _, file, size = fed.open_file
    if offset != size:
        raise RuneError(FEED_ORDER, name, size)
    try:
        file.write(data)
    except OSError:
        # Some of it may have been written: the file's size is to be looked up again.
        _close(fed)
        raise
    fed.open_file = (path, file, size + len(data))
    fed.left_bytes = max(0, fed.left_bytes - len(data))
    return size + len(data)


def _close(fed: recordings.Recordings) -> None:
    if fed.open_file is not None:
        file = fed.open_file[1]
        fed.open_file = None
        file.close()


def _finish(fed: recordings.Recordings, folder: str, once: bool) -> None:
    """Let the sensor read what was fed instead of what it read before, in one step."""
    if once:
        open(folder + ".new/" + recordings.ONCE, "wb").close()
    _remove_folder(folder + ".old")
    if recordings.exists(folder):
        os.rename(folder, folder + ".old")
    os.rename(folder + ".new", folder)
    # Drivers close what they have open before they read again.
    fed.changes += 1
    fed.left_bytes = 0
    _remove_folder(folder + ".old")


def _clear(fed: recordings.Recordings, folder: str) -> None:
    """Remove what was fed to a sensor."""
    fed.changes += 1
    fed.left_bytes = 0
    for suffix in (".new", ".old", ""):
        _remove_folder(folder + suffix)


def _free_bytes(fed: recordings.Recordings) -> int:
    if fed.limit_bytes:
        return max(0, fed.limit_bytes - _used_bytes(fed.root))
    told = os.statvfs(fed.root)
    return told[0] * told[4]


def _failed(fed: recordings.Recordings, error: OSError) -> RuneError:
    if error.errno != _ENOSPC:
        return RuneError(STORE_FAILED, "errno %s" % error.errno)
    # What is free is less than what is wanted, or it would have been written.
    needed = max(1, fed.left_bytes)
    free = min(_free_bytes(fed), needed - 1)
    return RuneError(FEED_SHORT, needed - free, needed, free)


def _is_name(name: str) -> bool:
    return (
        0 < len(name) <= _NAME_MAX
        and name[0] != "."
        and all([letter in _NAME_MARKS or _is_plain(letter) for letter in name])
    )


def _is_plain(letter: str) -> bool:
    return "0" <= letter <= "9" or "A" <= letter <= "Z" or "a" <= letter <= "z"


def _size_of(path: str) -> int:
    return os.stat(path)[6] if recordings.exists(path) else 0


def _used_bytes(root: str) -> int:
    folders = [root + "/" + name for name in recordings.names(root)]
    paths = [folder + "/" + name for folder in folders for name in recordings.names(folder)]
    return sum([_size_of(path) for path in paths])


def _remove_folder(folder: str) -> None:
    """Remove a folder of files, if it is there."""
    for name in recordings.names(folder):
        os.remove(folder + "/" + name)
    if recordings.exists(folder):
        os.rmdir(folder)
