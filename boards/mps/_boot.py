"""Mount the board's files; make them where there are none that can be mounted."""

import sys

import mps
import vfs

# Small reads and writes keep littlefs's buffers small.
_UNIT_BYTES = 32


def _file_system() -> object:
    return vfs.VfsLfs2(mps.Files(), readsize=_UNIT_BYTES, progsize=_UNIT_BYTES)


def _is_fresh() -> bool:
    beginning = bytearray(_UNIT_BYTES)
    mps.Files().readblocks(0, beginning, 0)
    return beginning == b"\xff" * _UNIT_BYTES


try:
    vfs.mount(_file_system(), "/")
except OSError as error:
    if not _is_fresh():
        mps.log("the files could not be read (%s) and are made anew\n" % error)
    vfs.VfsLfs2.mkfs(mps.Files(), readsize=_UNIT_BYTES, progsize=_UNIT_BYTES)
    vfs.mount(_file_system(), "/")

# RunicOS's own modules before the current folder, whatever the files there are called; mip's are
# in /lib. A ROMFS, where there is one, has added its folders behind these.
sys.path[:2] = [".frozen", "", "/lib"]
