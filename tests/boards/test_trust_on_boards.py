"""Signatures on Cortex-M: checked by its own code, and trusted keys over its serial line."""

from tests.boards.emulated import EmulatedBoard
from tests.native.ed25519_vectors import cases

CHECK = """
import crypto
from binascii import unhexlify
wrong = 0
for packed in {packed}:
    case = unhexlify(packed)
    wrong += crypto.verify(case[:32], case[32:96], case[98:-1]) != bool(case[-1])
print(wrong)
"""


def test_signatures_are_taken_and_refused_as_they_must_be(board: EmulatedBoard) -> None:
    chosen = cases(8)
    assert sum(case.valid for case in chosen) == 12
    for start in range(0, len(chosen), 20):
        packed = [case.packed().hex() for case in chosen[start : start + 20]]
        assert board.run(CHECK.format(packed=packed)) == "0\n"
