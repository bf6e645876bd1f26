"""The key that signs the tests' Runes, and that the tests' boards trust: only here."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from runicos.contract import cbor, signature

SECRET = Ed25519PrivateKey.from_private_bytes(b"the key of RunicOS's own tests..")
PUBLIC = SECRET.public_key().public_bytes_raw()
KEY_ID = signature.key_id(PUBLIC)
_KEY_FILE = f"runicd public key: {PUBLIC.hex()}\n".encode() + SECRET.private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
)


def unsigned(data: bytes) -> bytes:
    """Return a file without the signature at its end."""
    found = signature.read(data)
    return data if found is None else data[: found[0]]


def signed(data: bytes, secret: Ed25519PrivateKey = SECRET) -> bytes:
    """Return a file with a signature at its end, in the place of any that was there."""
    text = unsigned(data)
    signer = signature.key_id(secret.public_key().public_bytes_raw())
    return text + signature.section(signer, secret.sign(text))


def trusted(public: bytes = PUBLIC, **limits: list[str]) -> dict[str, object]:
    """Return a key as boards keep it."""
    key = {"id": signature.key_id(public), "public": public, "name": "tests", "comment": ""}
    return key | {"runes": None, "capabilities": None} | limits


def provision(flash: Path) -> None:
    """Have a simulated board trust the tests' key, unless it has a file of keys."""
    folder = flash / "runes"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "keys").exists():
        (folder / "keys").write_bytes(cbor.dumps([trusted()]))


def install_default_key(state_folder: Path) -> None:
    """Make the tests' key the user's default one."""
    folder = state_folder / "keys"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "default.key").write_bytes(_KEY_FILE)
