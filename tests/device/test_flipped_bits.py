"""A real signed Rune with one bit changed, sent to a board: refused, wherever the bit is.

A share of the bits here, in `make soak` every one of them: RUNICD_BITS_EVERY=1.
"""

import collections
import os
from hashlib import sha256
from pathlib import Path

import pytest

from runicos.contract import errors, wire
from tests.device.runes import stock
from tests.device.sim_board import BoardError, Client, SimBoard

GOOD = stock("sine")
BITS = 8 * len(GOOD)
EVERY = int(os.environ.get("RUNICD_BITS_EVERY", "89"))
# A link has numbers for 65,535 requests.
PARTS = 4
_CHUNK_BYTES = 1020


def installed(client: Client, data: bytes) -> None:
    """Send a file without waiting for an answer to each chunk. Raises BoardError."""
    begun = client.request("begin", name="sine", size=len(data), sha256=sha256(data).digest())
    upload = begun["upload"]
    for at in range(0, len(data), _CHUNK_BYTES):
        payload = at.to_bytes(4, "little") + data[at : at + _CHUNK_BYTES]
        client.line.write(wire.encode(wire.CHUNK, 0, upload, payload))
    try:
        client.request("commit", upload=upload)
    finally:
        client.forget()


@pytest.mark.timeout(0)
@pytest.mark.parametrize("part", range(PARTS))
def test_a_flipped_bit_anywhere_is_refused_at_install(tmp_path: Path, part: int) -> None:
    bits = range(BITS * part // PARTS, BITS * (part + 1) // PARTS, EVERY)
    told: collections.Counter[int] = collections.Counter()
    with SimBoard(tmp_path) as board, board.serial() as client:
        installed(client, GOOD)
        before = client.request("ps")[0]
        for bit in bits:
            data = bytearray(GOOD)
            data[bit >> 3] ^= 1 << (bit & 7)
            with pytest.raises(BoardError) as caught:
                installed(client, bytes(data))
            told[caught.value.code] += 1
        assert client.request("ps") == [before]
        assert before["sha256"] == sha256(GOOD).digest()
    print(dict(told))
    assert sum(told.values()) == len(bits)
    assert set(told) <= {errors.NOT_SIGNED, errors.UNKNOWN_KEY, errors.BAD_SIGNATURE}
