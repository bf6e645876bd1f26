"""Who may command this board: whoever holds its cable, or signs the order with an owner's key.

Over the cable there is the REPL, with which everything can be done anyway, so nothing more is
asked there. Over a network an order is signed by a key that the board trusts without limits. Its
signature is over 16 random bytes that the board gave out on that link (verb `challenge`), good
for one order: one that was overheard is worth nothing.
"""

import os

import crypto
from micropython import const

from runicos.contract.errors import NOT_AUTHORISED, RuneError
from runicos.contract.signature import SIGNATURE_BYTES, order_text
from runicos.trust import is_owner, key_of

_NONCE_BYTES = const(16)


def challenge(link: object) -> bytes:
    """Return what the next order on a link has to sign."""
    link.nonce = os.urandom(_NONCE_BYTES)
    return link.nonce


def check(system: object, link: object, verb: str, given: "dict[str, object]") -> None:
    """Raise RuneError unless whoever asks is an owner; takes `order` out of the arguments.

    `given` has all the verb's arguments, defaults too: the signature is over them.
    """
    order = given.pop("order")
    if link.has_repl:
        return
    nonce, link.nonce = link.nonce, None
    if order is None:
        raise RuneError(NOT_AUTHORISED, verb, "over a network it needs an order")
    if not nonce or order.get("nonce") != nonce:
        raise RuneError(NOT_AUTHORISED, verb, "the order is not for the challenge given last")
    key = key_of(system.board.flash_root, order.get("key"))
    if key is None or not is_owner(key):
        raise RuneError(NOT_AUTHORISED, verb, "the order's key is no owner's of this board")
    signature = order.get("signature")
    if not isinstance(signature, bytes) or len(signature) != SIGNATURE_BYTES:
        raise RuneError(NOT_AUTHORISED, verb, "the order's signature is no signature")
    if not crypto.verify(key["public"], signature, order_text(nonce, verb, given)):
        raise RuneError(NOT_AUTHORISED, verb, "the order's signature is wrong")
