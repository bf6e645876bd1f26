"""Signs Runes, and tells who signed one; orders to boards are signed here, too."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from runicd.errors import InputError
from runicd.keys import files
from runicd.keys.files import Key
from runicd.types import Rune
from runicos.contract import signature


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed a Rune.

    `id` is empty for nobody; `name` is the user's name of the key, empty for a stranger's. `valid`
    is None where that cannot be told, for want of the public key.
    """

    id: str
    name: str
    valid: bool | None

    def __str__(self) -> str:
        """Return it as a sentence's part."""
        if not self.id:
            return "nobody"
        if self.valid is None:
            return f"key {self.id}, none of yours: not checked"
        verdict = "valid" if self.valid else "NOT VALID, the file was changed"
        return f"{self.name} (key {self.id}), {verdict}"


def sign(data: bytes, key: Key) -> bytes:
    """Return a Rune's bytes with the key's signature, in the place of any that was there.

    The same bytes and key give the same signature. Raises InputError.
    """
    text = unsigned(data)
    return text + signature.section(key.id, files.secret_of(key).sign(text))


def signed(rune: Rune, key: Key) -> Rune:
    """Return a Rune signed with a key. Raises InputError."""
    return replace(rune, data=sign(rune.data, key))


def unsigned(data: bytes) -> bytes:
    """Return a Rune's bytes without the signature at their end."""
    found = signature.read(data)
    return data if found is None else data[: found[0]]


def signer(data: bytes) -> Signer:
    """Tell who signed a Rune's bytes, as far as the user's own keys say. Raises InputError."""
    found = signature.read(data)
    if found is None:
        return Signer("", "", valid=None)
    end, signed_by, given = found
    key = files.of_id(signed_by)
    if key is None:
        return Signer(signed_by.hex(), "", valid=None)
    return Signer(signed_by.hex(), key.name, valid=_is_valid(key.public, given, data[:end]))


def _is_valid(public: bytes, given: bytes, text: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - slow to load
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PublicKey,
    )

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(given, text)
    except (InvalidSignature, ValueError):
        return False
    return True


def order(key: Key, nonce: bytes, verb: str, arguments: dict[str, Any]) -> dict[str, bytes]:
    """Return the order that has a board obey a verb over a network.

    `arguments` are all that the verb has, but the order. Raises InputError.
    """
    if not nonce:
        raise InputError("the board gave no challenge")
    text = signature.order_text(nonce, verb, arguments)
    return {"key": key.id, "nonce": nonce, "signature": files.secret_of(key).sign(text)}
