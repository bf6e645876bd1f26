"""What was fed to a simulated board's sensors: files on its flash, by the kind of the sensor.

    /sensors/<KIND>/        what the sensor reads, in order of name; `.once` says that it ends
    /sensors/<KIND>.new/    what is being fed
    /sensors/<KIND>.old/    what it replaces, while one takes the other's place

A kill between any two steps leaves either the old files or the new ones.
"""

import os
import sys

ONCE = ".once"


class Recordings:
    """Files below a folder of the flash, of which they may take `limit_bytes`, or all there is.

    `changes` counts what was fed or cleared; `left_bytes` are those announced and not here yet;
    `open_file` is what is being written: (path, file, bytes so far).
    """

    def __init__(self, root: str = "/sensors", limit_bytes: int = 0) -> None:
        self.root = root
        self.limit_bytes = limit_bytes
        self.left_bytes = 0
        self.changes = 0
        self.open_file: "tuple[str, object, int] | None" = None

    def paths(self, kind: str) -> "list[str]":
        """Return the files that the sensor of a kind reads, in order; none if nothing was fed."""
        folder = self.folder(kind)
        return [folder + "/" + name for name in sorted(names(folder)) if name[0] != "."]

    def ends(self, kind: str) -> bool:
        """Say whether a sensor ends after its last file."""
        return ONCE in names(self.folder(kind))

    def folder(self, kind: str) -> str:
        """Return a kind's folder, the old one back in place if power was cut between the two."""
        folder = self.root + "/" + kind
        if not exists(folder) and exists(folder + ".old"):
            os.rename(folder + ".old", folder)
        return folder

    def feed(self, kind: str, given: "dict[str, object]") -> "dict[str, object]":
        """Answer the verb `feed`. Raises RuneError.

        What only feeding needs is in memory only while somebody feeds.
        """
        import feeding

        answer = feeding.answer(self, kind, given)
        if self.open_file is None and not self.left_bytes:
            sys.modules.pop("feeding", None)
        return answer

    def measured(self, name: str) -> "float | None":
        """Return what the board measures of itself, `temperature_c` or `battery_mv`."""
        import feeding

        value = feeding.measured(self, name)
        if self.open_file is None and not self.left_bytes:
            sys.modules.pop("feeding", None)
        return value


def names(folder: str) -> "list[str]":
    """Return what is in a folder; nothing if it is not there."""
    try:
        return [entry[0] for entry in os.ilistdir(folder)]
    except OSError:
        return []


def exists(path: str) -> bool:
    """Say whether there is such a file or folder."""
    try:
        os.stat(path)
    except OSError:
        return False
    return True
