"""What was fed to a simulated board's sensors: files on its flash, by the kind of the sensor.

    /sensors/<KIND>/        what the sensor reads, in order of name; `.once` says that it ends
    /sensors/<KIND>.new/    what is being fed
    /sensors/<KIND>.old/    what it replaces, while one takes the other's place

A kill between any two steps leaves either the old files or the new ones.
"""

import os

from runicos.contract.errors import (
    BAD_REQUEST,
    FEED_ORDER,
    FEED_SHORT,
    NO_CAPABILITY,
    STORE_FAILED,
    RuneError,
)

KINDS = ("ACCEL", "IMAGE", "RAW", "SOUND")
_ENOSPC = 28
_NAME_MAX = 64
_ONCE = ".once"
_NAME_MARKS = "_.-"


class Recordings:
    """Files below a folder of the flash, of which they may take `limit_bytes`, or all there is.

    `changes` counts what was fed or cleared.
    """

    def __init__(self, root: str = "/sensors", limit_bytes: int = 0) -> None:
        self._root = root
        self._limit_bytes = limit_bytes
        self._left_bytes = 0
        self.changes = 0

    def paths(self, kind: str) -> "list[str]":
        """Return the files that the sensor of a kind reads, in order; none if nothing was fed."""
        folder = self._folder(kind)
        return [folder + "/" + name for name in sorted(_names(folder)) if name[0] != "."]

    def ends(self, kind: str) -> bool:
        """Say whether a sensor ends after its last file."""
        return _ONCE in _names(self._folder(kind))

    def begin(self, kind: str, size: int) -> None:
        """Begin to feed files of `size` bytes together. Raises RuneError if there is no room."""
        if kind not in KINDS:
            raise RuneError(NO_CAPABILITY, kind, ", ".join(KINDS))
        _remove_folder(self._folder(kind) + ".new")
        self._left_bytes = size
        self._make(self._root)
        self._check_room()
        self._make(self._folder(kind) + ".new")

    def add(self, kind: str, name: str, offset: int, data: bytes) -> int:
        """Add the next bytes of a file; return how many it has then.

        Raises RuneError FEED_ORDER, with the file's present size, for a piece out of order.
        """
        folder = self._folder(kind) + ".new"
        if not _is_name(name) or not _exists(folder):
            raise RuneError(BAD_REQUEST, "feed", "file %s of %s is not expected" % (name, kind))
        path = folder + "/" + name
        size = _size_of(path)
        if offset != size:
            raise RuneError(FEED_ORDER, name, size)
        try:
            with open(path, "ab") as file:
                file.write(data)
        except OSError as error:
            raise self._failed(error)
        self._left_bytes -= len(data)
        return size + len(data)

    def finish(self, kind: str, once: bool) -> None:
        """Let the sensor read what was fed instead of what it read before, in one step."""
        folder = self._folder(kind)
        if not _names(folder + ".new"):
            raise RuneError(BAD_REQUEST, "feed", "nothing was fed to %s" % kind)
        try:
            if once:
                open(folder + ".new/" + _ONCE, "wb").close()
            _remove_folder(folder + ".old")
            if _exists(folder):
                os.rename(folder, folder + ".old")
            os.rename(folder + ".new", folder)
            # Drivers close what they have open before they read again.
            self.changes += 1
            _remove_folder(folder + ".old")
        except OSError as error:
            raise self._failed(error)

    def clear(self, kind: str) -> None:
        """Remove what was fed to a sensor."""
        folder = self._folder(kind)
        self.changes += 1
        try:
            for suffix in (".new", ".old", ""):
                _remove_folder(folder + suffix)
        except OSError as error:
            raise self._failed(error)

    def _folder(self, kind: str) -> str:
        """Return a kind's folder, the old one back in place if power was cut between the two."""
        folder = self._root + "/" + kind
        if not _exists(folder) and _exists(folder + ".old"):
            os.rename(folder + ".old", folder)
        return folder

    def _make(self, folder: str) -> None:
        try:
            if not _exists(folder):
                os.mkdir(folder)
        except OSError as error:
            raise self._failed(error)

    def _free_bytes(self) -> int:
        if not self._limit_bytes:
            told = os.statvfs(self._root)
            return told[0] * told[4]
        return max(0, self._limit_bytes - _used_bytes(self._root))

    def _check_room(self) -> None:
        free = self._free_bytes()
        if self._left_bytes > free:
            raise RuneError(FEED_SHORT, self._left_bytes - free, self._left_bytes, free)

    def _failed(self, error: OSError) -> RuneError:
        if error.errno != _ENOSPC:
            return RuneError(STORE_FAILED, "errno %s" % error.errno)
        free = min(self._free_bytes(), max(0, self._left_bytes - 1))
        return RuneError(FEED_SHORT, self._left_bytes - free, self._left_bytes, free)


def _is_name(name: str) -> bool:
    return (
        0 < len(name) <= _NAME_MAX
        and name[0] != "."
        and all([letter in _NAME_MARKS or _is_plain(letter) for letter in name])
    )


def _is_plain(letter: str) -> bool:
    return "0" <= letter <= "9" or "A" <= letter <= "Z" or "a" <= letter <= "z"


def _names(folder: str) -> "list[str]":
    try:
        return [entry[0] for entry in os.ilistdir(folder)]
    except OSError:
        return []


def _exists(path: str) -> bool:
    try:
        os.stat(path)
    except OSError:
        return False
    return True


def _size_of(path: str) -> int:
    try:
        return os.stat(path)[6]
    except OSError:
        return 0


def _used_bytes(root: str) -> int:
    folders = [root + "/" + name for name in _names(root)]
    return sum([_size_of(folder + "/" + name) for folder in folders for name in _names(folder)])


def _remove_folder(folder: str) -> None:
    """Remove a folder of files, if it is there."""
    for name in _names(folder):
        os.remove(folder + "/" + name)
    if _exists(folder):
        os.rmdir(folder)
