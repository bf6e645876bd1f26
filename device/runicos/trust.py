"""Whom this board trusts: the keys on its flash, and what each may sign.

The file `keys` is CBOR: a list of {id, public, name, comment, runes, capabilities}, replaced in
one step. `runes` are patterns of names and `capabilities` kinds; null is no limit. A key without
limits is an owner's: it may give orders, too (owner.py).
"""

import crypto
from micropython import const

from runicos import small_files
from runicos.contract import cbor
from runicos.contract.errors import (
    BAD_REQUEST,
    BAD_SIGNATURE,
    NOT_AUTHORISED,
    NOT_SIGNED,
    UNKNOWN_KEY,
    RuneError,
)
from runicos.contract.patterns import matches
from runicos.contract.signature import KEY_BYTES, key_id, read

_KEYS_MAX = const(8)
_FILE_BYTES_MAX = const(4096)
_FIELDS = ("id", "public", "name", "comment", "runes", "capabilities")


def keys(root: str) -> "list[dict[str, object]]":
    """Return the keys that the board trusts; none when the file is none of ours."""
    try:
        found = cbor.loads(small_files.read(root + "/keys", _FILE_BYTES_MAX) or b"")
    except ValueError:
        return []
    return [key for key in found if _is_key(key)] if isinstance(found, list) else []


def key_of(root: str, wanted: bytes) -> "dict[str, object] | None":
    """Return the trusted key of an id, if it is there."""
    for key in keys(root):
        if key["id"] == wanted:
            return key
    return None


def is_owner(key: "dict[str, object]") -> bool:
    """Say whether a key is without limits, and may give orders."""
    return key["runes"] is None and key["capabilities"] is None


def admitted(root: str, name: str, file: "tuple[memoryview, ...]") -> "list[str] | None":
    """Check who signed a file in parts; return the capabilities that it may have, None for all.

    Raises RuneError.
    """
    # The last part is the file's own: all of the signature is in it, or there is none.
    found = read(file[-1])
    if found is None:
        if _takes_unsigned(root):
            return None
        raise RuneError(NOT_SIGNED, name)
    end, signer, signature = found
    key = key_of(root, signer)
    if key is None:
        if _takes_unsigned(root):
            return None
        raise RuneError(UNKNOWN_KEY, hexadecimal(signer))
    if not crypto.verify(key["public"], signature, *file[:-1], file[-1][:end]):
        raise RuneError(BAD_SIGNATURE, hexadecimal(signer))
    runes = key["runes"]
    if runes is not None and not any([matches(pattern, name) for pattern in runes]):
        told = "key %s may sign %s only" % (hexadecimal(signer), ", ".join(runes) or "nothing")
        raise RuneError(NOT_AUTHORISED, name, told)
    return key["capabilities"]


def check_capabilities(name: str, manifest: object, allowed: "list[str]") -> None:
    """Raise RuneError where a Rune asks for more than its signer may let it have."""
    # What an original Rune asks for is not known before it runs.
    wanted = ["anything"] if manifest is None else [one["kind"] for one in manifest.capabilities]
    for kind in wanted:
        if kind not in allowed:
            raise RuneError(NOT_AUTHORISED, name, "its key may sign no Rune with %s" % kind)


def hexadecimal(signer: bytes) -> str:
    """Return a key's id as people read it."""
    return "".join(["%02x" % byte for byte in signer])


def _takes_unsigned(root: str) -> bool:
    """Say whether the owner's policy takes Runes that nobody known has signed."""
    try:
        policy = cbor.loads(small_files.read(root + "/policy", _FILE_BYTES_MAX) or b"")
    except ValueError:
        return False
    return isinstance(policy, dict) and policy.get("unsigned") == "allow"


def add(root: str, given: "dict[str, object]") -> bytes:
    """Trust a key from now on, within its limits; return its id. Raises RuneError."""
    if not crypto.is_key(given["public"]):
        raise RuneError(BAD_REQUEST, "trust", "that is no public key of Ed25519")
    wanted = key_id(given["public"])
    kept = [key for key in keys(root) if key["id"] != wanted]
    if len(kept) == _KEYS_MAX:
        raise RuneError(BAD_REQUEST, "trust", "%d keys are trusted already" % _KEYS_MAX)
    key = {name: given[name] for name in _FIELDS[1:]}
    key["id"] = wanted
    data = cbor.dumps(kept + [key])
    if len(data) > _FILE_BYTES_MAX:
        raise RuneError(BAD_REQUEST, "trust", "all keys take more than %d bytes" % _FILE_BYTES_MAX)
    small_files.replace(root + "/keys", data)
    return wanted


def remove(root: str, unwanted: bytes) -> bool:
    """Trust a key no longer; return whether it was trusted. Raises RuneError."""
    found = keys(root)
    kept = [key for key in found if key["id"] != unwanted]
    if len(kept) == len(found):
        return False
    small_files.replace(root + "/keys", cbor.dumps(kept))
    return True


def _is_key(key: object) -> bool:
    """Say whether an entry of the file is whole."""
    if not isinstance(key, dict) or not all([name in key for name in _FIELDS]):
        return False
    public = key["public"]
    if not isinstance(public, bytes) or len(public) != KEY_BYTES or key["id"] != key_id(public):
        return False
    return all([key[name] is None or isinstance(key[name], list) for name in _FIELDS[4:]])
