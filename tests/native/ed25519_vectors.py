"""Signatures to check: RFC 8032's, ones made with `cryptography`, and what is wrong with them."""

import random
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ORDER = 2**252 + 27742317777372353535851937790883648493
PRIME = 2**255 - 19
# y of the points of small order, without the sign of x: of order 4, 1, 8, 8, 2.
SMALL_ORDER = tuple(
    bytes.fromhex(text)
    for text in (
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    )
)
# RFC 8032, 7.1: secret key, public key, message, signature.
RFC_8032 = (
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
    (
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        (
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        ),
        (
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
            "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Case:
    """A signature, and whether it is to be taken."""

    key: bytes
    signature: bytes
    message: bytes
    valid: bool
    what: str

    def packed(self) -> bytes:
        """What boards read: key, signature, length of the message, message, verdict."""
        length = len(self.message).to_bytes(2, "little")
        return self.key + self.signature + length + self.message + bytes([self.valid])


def cases(keys: int) -> list[Case]:
    """RFC 8032's vectors, eleven cases for each of `keys` random keys, and the odd points."""
    chance = random.Random(8032)
    found = [
        Case(bytes.fromhex(public), bytes.fromhex(signature), bytes.fromhex(message), True, "RFC")
        for _, public, message, signature in RFC_8032
    ]
    for number in range(keys):
        found += _of_one_key(chance, number)
    return found + _odd_points()


def _of_one_key(chance: random.Random, number: int) -> list[Case]:
    secret = Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
    key = secret.public_key().public_bytes_raw()
    # Every length about SHA-512's blocks, then longer ones.
    message = chance.randbytes(number if number < 300 else chance.randrange(2000))
    good = secret.sign(message)
    r, s = good[:32], int.from_bytes(good[32:], "little")
    found = [Case(key, good, message, True, "valid")]
    found += [Case(key, _flipped(chance, good), message, False, "signature") for _ in range(3)]
    found += [Case(_flipped(chance, key), good, message, False, "key") for _ in range(2)]
    if message:
        found.append(Case(key, good, _flipped(chance, message), False, "message"))
    longer, shorter = message + b"\0", message[:-1] if message else b"\1"
    found += [Case(key, good, text, False, "length") for text in (longer, shorter)]
    above = (s + ORDER).to_bytes(32, "little")
    negative = (ORDER - s).to_bytes(32, "little")
    found += [Case(key, r + other, message, False, "S") for other in (above, negative)]
    return found


def _odd_points() -> list[Case]:
    """Return points with which anybody could sign, and those written in another way."""
    found = []
    zero, good = bytes(32), SMALL_ORDER[1]
    for y in SMALL_ORDER:
        for sign in (0, 0x80):
            point = y[:31] + bytes([y[31] | sign])
            found += [Case(point, r + zero, b"any", False, "small order") for r in (point, good)]
    secret = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    key, signature = secret.public_key().public_bytes_raw(), secret.sign(b"any")
    for y in range(19):
        point = (y + PRIME).to_bytes(32, "little")
        found.append(Case(point, signature, b"any", False, "key beyond p"))
        found.append(Case(key, point + signature[32:], b"any", False, "R beyond p"))
    return found


def _flipped(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(8 * len(data))
    changed = bytearray(data)
    changed[at // 8] ^= 1 << at % 8
    return bytes(changed)
