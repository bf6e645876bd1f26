"""Floors: how far each Rune had got on this board. What was signed before that is not taken again.

    cast ─▶ not below the floor ─▶ on trial ─good calls─▶ the floor is this version

The file `<name>.floor` is CBOR [release, counter], replaced in one step. It stays when the Rune is
removed. Only `lower`, an owner's order, brings a release down, and nothing a security counter.
While it is damaged, no version of that Rune is taken. In memory only while something is decided
here.
"""

from runicos import small_files
from runicos.contract import cbor
from runicos.contract.errors import BAD_NAME, NO_PREVIOUS, ROLLED_BACK, STORE_FAILED, RuneError
from runicos.contract.release_order import is_before, is_version

_SUFFIX = ".floor"
# What forbids nothing: there is no file for it.
_NONE = ["", 0]


def check(root: str, name: str, manifest: object) -> None:
    """Raise RuneError unless a version of a Rune is where the Rune had got, or beyond."""
    floor = _read(root, name)
    release, counter = _of(manifest)
    _check_counter(name, counter, floor[1])
    if is_before(release, floor[0]):
        raise RuneError(ROLLED_BACK, name, release or "without a release", floor[0])


def rise(root: str, name: str, manifest: object) -> None:
    """Make a version that is confirmed the least that is taken. Raises RuneError."""
    floor = _read(root, name)
    release, counter = _of(manifest)
    higher = release if is_before(floor[0], release) else floor[0]
    _keep(root, name, floor, [higher, max(floor[1], counter)])


def lower(root: str, name: str, release: str, counter: "int | None") -> "list[object]":
    """Take this release and later ones again; return the floor. Raises RuneError.

    Nothing is lowered for a version whose security counter, where it is told, is too low anyway.
    """
    from runicos.contract.rune_manifest import is_name

    if not is_name(name):
        raise RuneError(BAD_NAME, name)
    floor = _read(root, name)
    if counter is not None:
        _check_counter(name, counter, floor[1])
    if not is_before(release, floor[0]):
        return floor
    lowered = [release if is_version(release) else "", floor[1]]
    _keep(root, name, floor, lowered)
    return lowered


def check_previous(runes: object, name: str) -> None:
    """Raise RuneError unless the version before may run again: its release may be lower."""
    from runicos.pointer import open_body, read

    pointer = read(runes.store, name)
    if pointer is None or pointer.previous is None:
        raise RuneError(NO_PREVIOUS, name)
    body = open_body(runes.store, pointer.previous)
    try:
        counter = _of(runes.read_slot(body.parts, name).manifest)[1]
    finally:
        body.close()
    _check_counter(name, counter, _read(runes.store.root, name)[1])


def _check_counter(name: str, counter: int, least: int) -> None:
    if counter < least:
        told = "security counter "
        raise RuneError(ROLLED_BACK, name, "with %s%d" % (told, counter), told + str(least))


def _of(manifest: object) -> "tuple[str, int]":
    """Return a version's release and security counter; an original Rune states neither."""
    return ("", 0) if manifest is None else (manifest.release, manifest.security_counter)


def _read(root: str, name: str) -> "list[object]":
    """Return a Rune's floor. Raises RuneError."""
    path = _path(root, name)
    data = small_files.read(path)
    if data is None and not small_files.size_of(path):
        return _NONE
    try:
        found = cbor.loads(data or b"")
    except ValueError:
        found = None
    if not _is_floor(found):
        raise RuneError(STORE_FAILED, "the floor of %s is damaged: docs/keys.md" % name)
    return found


def _keep(root: str, name: str, old: "list[object]", floor: "list[object]") -> None:
    path = _path(root, name)
    if floor == _NONE:
        small_files.remove(path)
    elif floor != old:
        small_files.replace(path, cbor.dumps(floor))


def _path(root: str, name: str) -> str:
    return root + "/" + name + _SUFFIX


def _is_floor(floor: object) -> bool:
    return (
        isinstance(floor, list)
        and len(floor) == 2
        and isinstance(floor[0], str)
        and isinstance(floor[1], int)
        and not isinstance(floor[1], bool)
        and floor[1] >= 0
    )
