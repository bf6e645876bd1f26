"""The frame codec: bytes survive, damage is noticed, the next good frame is always found."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runicos.contract import wire

RESERVED = {0x01, 0x02, 0x03, 0x04, 0x05, 0x11, 0x13}
ALL_BYTES = bytes(range(256))


def decode(data: bytes, step: int = 1) -> wire.Decoder:
    decoder = wire.Decoder(4096)
    for start in range(0, len(data), step):
        decoder.feed(data[start : start + step])
    return decoder


@given(st.integers(1, 6), st.integers(0, 1), st.integers(0, 65535), st.binary(max_size=1024))
def test_a_frame_fed_byte_by_byte_is_what_was_encoded(
    kind: int, flags: int, frame_id: int, payload: bytes
) -> None:
    decoder = decode(wire.encode(kind, flags, frame_id, payload))
    assert decoder.frames == [(kind, flags, frame_id, payload)]
    assert decoder.text == b""
    assert not decoder.in_frame


def test_no_byte_that_a_terminal_acts_on_is_ever_sent() -> None:
    for frame_id in range(0, 65536, 257):
        assert not RESERVED & set(wire.encode(wire.CHUNK, 0, frame_id, ALL_BYTES))


def test_start_and_end_stand_at_the_ends_only() -> None:
    frame = wire.encode(wire.CHUNK, 0, 7, ALL_BYTES * 4)
    assert frame[0] == wire.START
    assert frame[-1] == wire.END
    assert not {wire.START, wire.END} & set(frame[1:-1])


@given(st.text(max_size=40), st.binary(max_size=200), st.text(max_size=40), st.integers(1, 50))
def test_text_and_frames_share_a_line(before: str, payload: bytes, after: str, step: int) -> None:
    line = before.encode() + wire.encode(wire.EVENT, 0, 1, payload) + after.encode()
    decoder = decode(line, step)
    assert decoder.take_text() == (before + after).encode()
    assert decoder.take_text() == b""
    assert [frame[3] for frame in decoder.frames] == [payload]


def test_every_flipped_bit_is_noticed() -> None:
    frame = wire.encode(wire.REQUEST, 0, 3, b"flip every bit of me")
    for at in range(1, len(frame) - 1):
        for bit in range(8):
            broken = bytearray(frame)
            broken[at] ^= 1 << bit
            assert decode(bytes(broken), len(broken)).frames == []


def test_a_frame_cut_at_any_length_costs_no_later_frame() -> None:
    frame = wire.encode(wire.REQUEST, 0, 3, ALL_BYTES)
    good = wire.encode(wire.REQUEST, 0, 4, b"good")
    for length in range(len(frame)):
        assert (wire.REQUEST, 0, 4, b"good") in decode(frame[:length] + good, 64).frames


@settings(max_examples=300)
@given(st.binary(max_size=300), st.integers(1, 40))
def test_garbage_costs_no_later_frame(garbage: bytes, step: int) -> None:
    good = wire.encode(wire.REQUEST, 0, 9, b"still here")
    assert (wire.REQUEST, 0, 9, b"still here") in decode(garbage + good, step).frames


def test_an_overlong_frame_is_dropped_without_being_stored() -> None:
    decoder = wire.Decoder(64)
    decoder.feed(b"\xc0")
    for _ in range(1000):
        decoder.feed(b"x" * 1000)
        assert len(decoder._buffer) <= 130
    decoder.feed(b"\xc1")
    decoder.feed(wire.encode(wire.ACK, 0, 1, b"ok"))
    assert decoder.damaged == 1
    assert decoder.frames == [(wire.ACK, 0, 1, b"ok")]


def test_an_overlong_frame_in_one_piece_is_dropped() -> None:
    decoder = wire.Decoder(64)
    decoder.feed(b"\xc0" + b"x" * 10_000 + b"\xc1" + wire.encode(wire.ACK, 0, 1, b"ok"))
    assert decoder.frames == [(wire.ACK, 0, 1, b"ok")]


def test_a_sender_that_left_within_a_frame_is_forgotten() -> None:
    decoder = wire.Decoder(64)
    decoder.feed(wire.encode(wire.ACK, 0, 1, b"half")[:-3])
    assert decoder.in_frame
    decoder.reset()
    decoder.feed(b"text")
    assert decoder.take_text() == b"text"


@pytest.mark.parametrize("part", [1, 5, 20, 60])
@pytest.mark.parametrize("step", [1, 3, 100])
def test_what_is_typed_behind_a_cut_off_frame_is_text(part: int, step: int) -> None:
    frame = wire.encode(wire.CHUNK, 0, 1, ALL_BYTES)
    decoder = decode(frame[:part] + b"\r\x03\r\x01", step)
    assert decoder.interrupted
    assert decoder.take_text() == b""
    decoder.give_up()
    assert decoder.take_text() == b"\x03\r\x01"
    assert not (decoder.in_frame or decoder.interrupted)
    decoder.feed(b"typed" + frame)
    assert (decoder.take_text(), len(decoder.frames)) == (b"typed", 1)


@pytest.mark.parametrize("step", [1, 3, 100])
def test_a_ctrl_c_that_noise_put_into_a_frame_makes_no_text_of_it(step: int) -> None:
    frame = bytearray(wire.encode(wire.CHUNK, 0, 1, b"while 1: pass\r" * 10))
    frame[20] = 3
    good = wire.encode(wire.CHUNK, 0, 2, b"good")
    for end in (len(frame), len(frame) - 1):
        decoder = decode(bytes(frame[:end]) + good + b"text", step)
        assert decoder.frames == [(wire.CHUNK, 0, 2, b"good")]
        assert (decoder.take_text(), decoder.damaged) == (b"text", 1)
        decoder.give_up()
        assert decoder.take_text() == b""


def test_text_behind_a_cut_off_frame_is_not_held_without_end() -> None:
    decoder = wire.Decoder(64)
    decoder.feed(b"\xc0half\x03")
    for _ in range(1000):
        decoder.feed(b"x" * 1000)
        assert len(decoder._buffer) <= 130
    decoder.give_up()
    assert decoder.take_text() == b""
    assert not decoder.in_frame


@given(st.binary(max_size=5000), st.integers(1, 1024))
def test_a_long_message_travels_in_frames_and_is_joined(payload: bytes, payload_max: int) -> None:
    assembler = wire.Assembler(8192)
    joined = []
    for frame in wire.encode_message(wire.RESPONSE, 5, payload, payload_max):
        joined += [assembler.add(found) for found in decode(frame, len(frame)).frames]
    assert joined[-1] == (wire.RESPONSE, 5, payload)
    assert joined[:-1] == [None] * (len(joined) - 1)


def test_messages_of_several_ids_interleave() -> None:
    assembler = wire.Assembler(100)
    assert assembler.add((wire.EVENT, wire.MORE, 1, b"a")) is None
    assert assembler.add((wire.EVENT, wire.MORE, 2, b"x")) is None
    assert assembler.add((wire.EVENT, 0, 1, b"b")) == (wire.EVENT, 1, b"ab")
    assert assembler.add((wire.EVENT, 0, 2, b"y")) == (wire.EVENT, 2, b"xy")


def test_messages_never_held_beyond_the_maximum() -> None:
    assembler = wire.Assembler(100)
    for frame_id in range(10):
        assembler.add((wire.EVENT, wire.MORE, frame_id, b"0123456789"))
    with pytest.raises(ValueError, match="too long"):
        assembler.add((wire.EVENT, wire.MORE, 11, b"0"))
    assert assembler.add((wire.EVENT, 0, 1, b"anew")) == (wire.EVENT, 1, b"anew")


def test_open_messages_that_hold_nothing_do_not_pile_up() -> None:
    assembler = wire.Assembler(100)
    for number in range(16):
        assert assembler.add((wire.REQUEST, wire.MORE, number, b"")) is None
    with pytest.raises(ValueError, match="too long"):
        assembler.add((wire.REQUEST, wire.MORE, 16, b""))
    assert assembler.add((wire.REQUEST, 0, 3, b"x")) == (wire.REQUEST, 3, b"x")


def test_a_message_in_one_frame_is_taken_however_many_are_open() -> None:
    assembler = wire.Assembler(100)
    for number in range(16):
        assert assembler.add((wire.REQUEST, wire.MORE, number, b"123456")) is None
    assert assembler.add((wire.REQUEST, 0, 99, b"whole")) == (wire.REQUEST, 99, b"whole")
    assert assembler.add((wire.REQUEST, 0, 3, b"7")) == (wire.REQUEST, 3, b"1234567")
    with pytest.raises(ValueError):
        assembler.add((wire.REQUEST, 0, 98, bytes(101)))
