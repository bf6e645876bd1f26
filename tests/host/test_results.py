"""Results as JSON: SERIAL text and TENSOR bytes give the same objects."""

import json
import struct

import pytest

from runicd.errors import LinkError
from runicd.results import call_object, line, tensors
from runicd.types import ELEMENT_FORMATS, Result
from runicos.contract import element

ONE = {"type_name": "f32", "channel": 3, "elements": [1.0, 2.5], "dimensions": [1, 2]}


def serial(payload: bytes, channel: int = 3) -> Result:
    return Result("sine", channel, "SERIAL", 1, payload)


def tensor(payload: bytes) -> Result:
    return Result("sine", 3, "TENSOR", 1, payload)


def encoded(shape: str, data: bytes) -> bytes:
    return struct.pack("<I", len(shape)) + shape.encode() + data


def test_one_tensor_is_an_object_and_several_a_list() -> None:
    text = json.dumps(ONE).encode()
    assert tensors(serial(text)) == [ONE]
    assert tensors(serial(b"[" + text + b"," + text + b"]")) == [ONE, ONE]


def test_tensor_bytes_give_the_same_object() -> None:
    data = encoded("f32[1, 2]", struct.pack("<2f", 1.0, 2.5))
    assert tensors(tensor(data)) == [ONE]


@pytest.mark.parametrize(
    ("name", "packing", "values"),
    [
        ("u8", "B", [0, 255]), ("i8", "b", [-128, 127]), ("u16", "H", [1, 65535]),
        ("i16", "h", [-1, 2]), ("u32", "I", [1, 1 << 31]), ("i32", "i", [-1, 5]),
        ("u64", "Q", [1, 1 << 63]), ("i64", "q", [-1, 5]), ("f64", "d", [0.1, -2.0]),
    ],
)  # fmt: skip
def test_every_element_type(name: str, packing: str, values: list[float]) -> None:
    data = encoded(f"{name}[2]", struct.pack(f"<2{packing}", *values))
    found = tensors(tensor(data + data))
    assert [entry["elements"] for entry in found] == [values, values]
    assert found[0]["dimensions"] == [2]


def test_strings_end_with_nul() -> None:
    data = encoded("utf8[2]", "up\0süß\0".encode()) + encoded("u8[1]", b"\x07")
    assert [entry["elements"] for entry in tensors(tensor(data))] == [["up", "süß"], [7]]


@pytest.mark.parametrize(
    "payload",
    [
        b"\1",
        struct.pack("<I", 99) + b"f32[1]",
        encoded("f32[2]", b"1234"),
        encoded("what[2]", b"1234"),
        encoded("f32", b"1234"),
        encoded("f32[2", b"1234"),
        struct.pack("<I", 2) + b"\xff\xff",
    ],
)
def test_broken_tensor_payloads_are_errors(payload: bytes) -> None:
    with pytest.raises(LinkError, match="output 3 of sine cannot be read"):
        tensors(tensor(payload))


@pytest.mark.parametrize("payload", [b"", b"{", b"\xff", b"{'a': 1}"])
def test_broken_serial_payloads_are_errors(payload: bytes) -> None:
    with pytest.raises(LinkError, match="output 3 of sine cannot be read"):
        tensors(serial(payload))


def test_a_call_is_one_object_by_output() -> None:
    text = json.dumps(ONE).encode()
    found = call_object([serial(text), serial(text, 4), serial(text)])
    assert found == {"3": [ONE, ONE], "4": [ONE]}


def test_a_line_of_a_stream_names_the_rune() -> None:
    assert json.loads(line(serial(json.dumps(ONE).encode()))) == {
        "rune": "sine",
        "sequence": 1,
        "3": [ONE],
    }


def test_every_element_that_is_no_text_has_a_form_of_its_size() -> None:
    assert set(ELEMENT_FORMATS) == set(element.NAMES) - {"utf8"}
    for name, form in ELEMENT_FORMATS.items():
        assert struct.calcsize(f"<{form}") == element.size_bytes(name)
