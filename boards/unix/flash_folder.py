"""The simulated board's flash: a folder of this machine, mounted as the root of the files.

Nothing else of this machine can be reached by a path from then on, as on a board.
"""

import os
import sys

import vfs

_IS_FOLDER = 0x4000


def mount(folder: str) -> str:
    """Make a folder the root of all paths; return where it lies on this machine."""
    try:
        os.stat(folder)
    except OSError:
        os.mkdir(folder)
    # The path without links: getcwd() takes it off what the system says.
    os.chdir(folder)
    place = os.getcwd()
    vfs.umount("/")
    vfs.mount(Flash(place), "/")
    os.chdir("/")
    sys.path[:] = ["", ".frozen", "/lib"]
    return place


class Flash:
    """VfsPosix with what it lacks: sizes in listings, stat(""), rename below a root."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._files = vfs.VfsPosix(place)

    def __getattr__(self, name: str) -> object:
        return getattr(self._files, name)

    def stat(self, path: str) -> "tuple[int, ...]":
        """Return what `os.stat` does; the empty path is the current folder."""
        return self._files.stat(path or ".")

    def rename(self, old: str, new: str) -> None:
        """Do what `os.rename` does: with a root, VfsPosix puts both paths into one buffer."""
        vfs.VfsPosix().rename(self._on_machine(old), self._on_machine(new))

    def _on_machine(self, path: str) -> str:
        return self._place + path if path.startswith("/") else path

    def ilistdir(self, path: str) -> object:
        """Yield (name, kind, 0, bytes) of each entry."""
        below = path + "/" if path else ""
        for entry in self._files.ilistdir(path):
            size = 0 if entry[1] == _IS_FOLDER else self._files.stat(below + entry[0])[6]
            yield (entry[0], entry[1], 0, size)
