"""Recovery: what a power cut left behind is put right at boot, before anything else is done.

Files that were being written go, decisions about a Rune that is gone, and bodies that never became
a version; an upload that can be resumed stays.
"""

import os

from runicos import small_files
from runicos.pending import pending
from runicos.pointer import SHA256, read
from runicos.upload import discard
from runicos.versions import kept, sweep

_STATE = ".state"


def recover(store: object) -> None:
    """Put right what a power cut left. Raises RuneError."""
    small_files.make_folder(store.root)
    files = [entry[0] for entry in os.ilistdir(store.root)]
    for name in files:
        # A Rune that is removed loses its pointer first, then what its owner decided.
        is_orphan = name.endswith(_STATE) and name[: -len(_STATE)] + ".rune" not in files
        if is_orphan or name.endswith(".new"):
            small_files.remove(store.root + "/" + name)
    wanted = pending(store)
    if wanted.file is not None and not _is_done(store, wanted.file):
        store.bodies.rescue(wanted.file[2], wanted.shared, kept(store, True))
    else:
        discard(store)
    sweep(store)


def gather(store: object) -> int:
    """Bring free flash together, while nothing runs; return how many versions were moved.

    An upload that can go on keeps its place, and all others theirs. Raises RuneError.
    """
    return store.bodies.gather(store) if pending(store).file is None else 0


def _is_done(store: object, wanted: "list[object]") -> bool:
    """Say whether power was cut after an upload had become its Rune."""
    pointer = read(store, wanted[0]) if isinstance(wanted[0], str) else None
    became = () if pointer is None else (pointer.current, pointer.waiting)
    return any([one is not None and one[SHA256] == wanted[2] for one in became])
