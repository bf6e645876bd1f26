"""The user's keys: Ed25519, each a file `keys/<name>.key` of the state folder.

A file is PKCS #8 in PEM, which other tools read, below a line with the public key, so that who a
key is can be told without its passphrase. The first key is made when it is first needed.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runicd.errors import InputError
from runicd.files import read_bytes
from runicd.state import state_folder
from runicos.contract.signature import KEY_BYTES, key_id

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

DEFAULT = "default"
_VARIABLE = "RUNICD_KEY_PASSPHRASE"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_HEAD = "runicd public key: "
_FILE_BYTES_MAX = 4096


@dataclass(frozen=True, slots=True)
class Key:
    """One of the user's keys, as its file's first line says."""

    name: str
    public: bytes
    path: Path

    @property
    def id(self) -> bytes:
        """What boards and Runes call it."""
        return key_id(self.public)


def keys_folder() -> Path:
    """Return the folder of the keys, which need not exist."""
    return state_folder() / "keys"


def listed() -> list[Key]:
    """Return the user's keys by name, but those whose files are damaged."""
    return [found for found in _files() if isinstance(found, Key)]


def damaged() -> list[InputError]:
    """Return what is wrong with each file that is damaged: who asks for another key needs none."""
    return [found for found in _files() if isinstance(found, InputError)]


def _files() -> list[Key | InputError]:
    found: list[Key | InputError] = []
    for path in sorted(keys_folder().glob("*.key")):
        try:
            found.append(_read(path))
        except InputError as error:
            found.append(error)
    return found


def find(text: str, remedy: str = "") -> Key:
    """Return the key of that name, or whose id begins so.

    Raises InputError with the remedy, or else that of making one; and where its file is damaged.
    """
    path = keys_folder() / f"{text}.key"
    if _NAME.fullmatch(text) and path.exists():
        return _read(path)
    found = listed()
    named = [key for key in found if len(text) >= 4 and key.id.hex().startswith(text)]
    if len(named) != 1:
        there = ", ".join(key.name for key in found) or "none"
        advice = f"`runicd keys new {text}` makes one; " if _NAME.fullmatch(text) else ""
        remedy = f"{remedy}; " if remedy else advice
        raise InputError(f"there is no key {text!r}", remedy=f"{remedy}keys: {there}")
    return named[0]


def of_id(wanted: bytes) -> Key | None:
    """Return the user's key of an id, if it is one of theirs."""
    return next((key for key in listed() if key.id == wanted), None)


def id_of(text: str, remedy: str = "") -> bytes:
    """Return the id that is written out, or that of the user's key. Raises InputError."""
    if len(text) == 16 and all(digit in "0123456789abcdef" for digit in text):
        return bytes.fromhex(text)
    return find(text, remedy).id


def default() -> Key:
    """Return the key that signs where none is named, made now if there is none.

    Raises InputError when that fails.
    """
    path = keys_folder() / f"{DEFAULT}.key"
    if not path.exists():
        # Somebody else may make it at the same moment: then theirs is it.
        with contextlib.suppress(FileExistsError):
            return _make(DEFAULT, "")
    return _read(path)


def new(name: str, passphrase: str = "") -> Key:
    """Make a key. Raises InputError for a bad name, or one that is taken."""
    if not _NAME.fullmatch(name):
        raise InputError(f"{name!r} is no name for a key", remedy="use letters, digits, _ . -")
    try:
        return _make(name, passphrase)
    except FileExistsError:
        raise InputError(f"there is a key {name!r} already", remedy="take another name") from None


def secret_of(key: Key) -> Ed25519PrivateKey:
    """Return a key's secret half, asking for its passphrase where it has one.

    The passphrase is that of RUNICD_KEY_PASSPHRASE, or asked for at a terminal. Raises InputError.
    """
    # Slow to load, and most commands sign nothing.
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PrivateKey,
    )
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        load_pem_private_key,
    )

    pem = read_bytes(key.path, _FILE_BYTES_MAX)
    passphrase = _passphrase(key) if b"ENCRYPTED" in pem else None
    try:
        secret = load_pem_private_key(pem, passphrase)
    except ValueError:
        what = "the passphrase is wrong" if passphrase else "the file is damaged"
        raise InputError(f"key {key.name}: {what}", where=str(key.path)) from None
    if not isinstance(secret, Ed25519PrivateKey):
        raise InputError("this is no key of Ed25519", where=str(key.path))
    if secret.public_key().public_bytes_raw() != key.public:
        raise InputError("the file's first line is another key's", where=str(key.path))
    return secret


def new_passphrase() -> str:
    """Return the passphrase that is to lock a new key; at a terminal it is asked for twice.

    Raises InputError.
    """
    given = os.environ.get(_VARIABLE)
    if given is None:
        given = _asked("Passphrase: ")
        if given is not None and _asked("Once more: ") != given:
            raise InputError("the two passphrases differ")
    if not given:
        what = "there is no terminal to ask for the passphrase" if given is None else "it is empty"
        raise InputError(f"no passphrase: {what}", remedy=f"set {_VARIABLE} to it")
    return given


def _passphrase(key: Key) -> bytes:
    given = os.environ.get(_VARIABLE)
    if given is None:
        given = _asked(f"Passphrase of key {key.name}: ")
    if not given:
        raise InputError(f"key {key.name} has a passphrase", remedy=f"set {_VARIABLE} to it")
    return given.encode()


def _asked(prompt: str) -> str | None:
    """Return what the user answers, None where there is no terminal to ask at."""
    if sys.stdin is None or not sys.stdin.isatty():
        return None
    try:
        return getpass.getpass(prompt)
    except EOFError:
        return ""


def _make(name: str, passphrase: str) -> Key:
    """Make a key's file, whole at once. Raises FileExistsError, or InputError."""
    from cryptography.hazmat.primitives import serialization as forms  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PrivateKey,
    )

    secret = Ed25519PrivateKey.generate()
    public = secret.public_key().public_bytes_raw()
    locked: forms.KeySerializationEncryption = forms.NoEncryption()
    if passphrase:
        locked = forms.BestAvailableEncryption(passphrase.encode())
    pem = secret.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.PKCS8, locked)
    path = keys_folder() / f"{name}.key"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_new(path, f"{_HEAD}{public.hex()}\n".encode() + pem)
    except FileExistsError:
        raise
    except OSError as error:
        what = f"the key cannot be written ({error.strerror})"
        remedy = "set RUNICD_STATE_DIR to a folder that you may write to"
        raise InputError(what, where=str(path), remedy=remedy) from error
    return Key(name, public, path)


def _write_new(path: Path, data: bytes) -> None:
    # mkstemp's files are their owner's alone; a link, unlike a rename, replaces nothing.
    descriptor, part = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        Path(path).hardlink_to(part)
    finally:
        Path(part).unlink()


def _read(path: Path) -> Key:
    first, _, _ = read_bytes(path, _FILE_BYTES_MAX).partition(b"\n")
    try:
        public = bytes.fromhex(first.decode().removeprefix(_HEAD))
    except ValueError:
        public = b""
    if len(public) != KEY_BYTES:
        remedy = "restore it from a copy, or move it elsewhere"
        raise InputError("the key's file is damaged", where=str(path), remedy=remedy)
    return Key(path.stem, public, path)
