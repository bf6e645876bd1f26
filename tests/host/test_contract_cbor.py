"""The board's CBOR against cbor2: the same bytes, the same values, and a clear no to all else."""

import struct
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runicos.contract import cbor

floats32 = st.floats(width=32, allow_nan=False)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | floats32
    | st.text()
    | st.binary()
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)


@given(values)
def test_cbor2_reads_what_the_board_writes(value: Any) -> None:
    assert cbor2.loads(cbor.dumps(value)) == value


@given(values)
def test_the_board_reads_what_cbor2_writes(value: Any) -> None:
    assert cbor.loads(cbor2.dumps(value)) == value


@given(st.dictionaries(st.text(), st.integers(0, 2**64 - 1), max_size=30))
def test_keys_are_sorted_as_rfc_8949_says(value: dict[str, int]) -> None:
    keys = [cbor2.dumps(key) for key in cbor2.loads(cbor.dumps(value))]
    assert keys == sorted(keys)


@given(values)
def test_cut_off_anywhere_is_refused(value: Any) -> None:
    encoded = cbor.dumps(value)
    for length in range(len(encoded)):
        with pytest.raises(ValueError, match="at byte"):
            cbor.loads(encoded[:length])


@given(st.binary(max_size=64))
def test_garbage_gives_a_value_or_a_ValueError(garbage: bytes) -> None:
    try:
        value = cbor.loads(garbage)
    except ValueError as error:
        assert "at byte" in str(error)
    else:
        assert repr(cbor2.loads(garbage)) == repr(value)


@pytest.mark.parametrize(
    ("encoded", "message"),
    [
        (b"", "cut off at byte 0"),
        (b"\x00\x00", "trailing bytes at byte 1"),
        (b"\x9f\xff", "indefinite or reserved length at byte 0"),
        (b"\xc0\x60", "tag at byte 0"),
        (b"\xa2\x61a\x01\x61a\x02", "map key at byte 4"),
        (b"\xa1\x01\x01", "map key at byte 1"),
        (b"\x61\xff", "text is not UTF-8 at byte 1"),
        (b"\xf7", "not admitted"),
        (b"\x5b" + b"\xff" * 8, "cut off"),
        (b"\x9b" + b"\xff" * 8, "cut off"),
        (b"\xbb" + b"\xff" * 8, "cut off"),
        (b"\x81" * 20 + b"\x00", "nested too deeply"),
    ],
)
def test_what_is_not_admitted_is_named(encoded: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cbor.loads(encoded)


def test_integers_beyond_64_bits_are_refused() -> None:
    with pytest.raises(ValueError, match="64 bits"):
        cbor.dumps(2**64)
    with pytest.raises(ValueError, match="no CBOR for set"):
        cbor.dumps({1, 2})


def test_float64_is_read() -> None:
    assert cbor.loads(b"\xfb" + struct.pack(">d", 0.1)) == 0.1


def test_every_float16_is_read_as_struct_reads_it() -> None:
    for bits in range(65536):
        raw = bits.to_bytes(2, "big")
        assert repr(cbor.loads(b"\xf9" + raw)) == repr(struct.unpack(">e", raw)[0]).replace(
            "-nan", "nan"
        )
