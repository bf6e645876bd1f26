"""The signature of a Rune: the section `runic.signature`, the last 91 bytes of its file.

Ed25519 over every byte before the section, and which key made it. The section has one form, byte
for byte, so what is signed is neither open to discussion nor to be searched for. Orders, with
which an owner commands a board over a network, are signed by the same keys.
"""

from hashlib import sha256

from runicos.contract.cbor import dumps

NAME = "runic.signature"
KEY_BYTES = 32
KEY_ID_BYTES = 8
SIGNATURE_BYTES = 64
# A custom section of 89 bytes, its name's length, its name, and the format.
HEADER = b"\x00\x59\x0frunic.signature\x01"
SECTION_BYTES = 91
_ORDER = b"runic order\0"


def key_id(public_key: bytes) -> bytes:
    """Return what a public key is called in files and messages: 8 bytes."""
    return sha256(public_key).digest()[:KEY_ID_BYTES]


def section(signer: bytes, signature: bytes) -> bytes:
    """Return the section: a key's id and its signature over all before."""
    return HEADER + signer + signature


def read(file: "bytes | memoryview") -> "tuple[int, bytes, bytes] | None":
    """Return how many bytes are signed, the key's id, the signature; None if nothing is signed."""
    end = len(file) - SECTION_BYTES
    at = end + len(HEADER)
    if end < 0 or bytes(file[end:at]) != HEADER:
        return None
    return end, bytes(file[at : at + KEY_ID_BYTES]), bytes(file[at + KEY_ID_BYTES :])


def order_text(nonce: bytes, verb: str, given: "dict[str, object]") -> bytes:
    """Return what an order's signature is over; `given` are all arguments but the order."""
    return _ORDER + nonce + dumps([verb, given])
