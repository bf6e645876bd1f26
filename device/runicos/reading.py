"""Reading a Rune: who signed it is known before any other byte of its file is looked at."""

from runicos.contract.errors import RuneError
from runicos.log import DENIAL
from runicos.modules import unload_loading
from runicos.runes import FAILED


def read_slot(root: str, file: "tuple[memoryview, ...]", name: "str | None") -> object:
    """Return the Slot of a file in parts; of a name's, if it is signed by whom this board trusts.

    Without a name that is known already. Raises RuneError.
    """
    if name is None:
        return _sections_of(file)
    from runicos.trust import admitted

    allowed = admitted(root, name, file)
    # Gone before the file is read: the two need not be in memory at once.
    unload_loading()
    slot = _sections_of(file)
    if allowed is not None:
        from runicos.trust import check_capabilities

        check_capabilities(name, slot.manifest, allowed)
    return slot


def check_all(runes: object) -> "list[str]":
    """Fail each Rune that this board would not take any more; its next start checks it anew.

    Returns the names of those that were loaded.
    """
    stopped = []
    for rune in list(runes.by_name.values()):
        try:
            if rune.body is not None:
                runes.read_slot(rune.body.parts, rune.name)
        except RuneError as error:
            if rune.container is not None:
                stopped.append(rune.name)
            runes.make_room(rune.name)
            runes.warn(rune.name, error, DENIAL)
            runes.enter(rune, FAILED, error)
            if rune.trial:
                runes.roll_back(rune, error)
    return stopped


def _sections_of(file: "tuple[memoryview, ...]") -> object:
    from runicos.sections import read

    return read(file)
