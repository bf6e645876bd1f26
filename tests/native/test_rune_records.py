"""Output records: the ring, JSON as the original wrote it, the binary form, float text."""

import json
import math
import random
import struct
from pathlib import Path

import numpy as np
import pytest

from tests.native.rune_board import board

SETUP = """
def write(tensors, contents, kind, channel=3, ring_bytes=8192):
    ring = rune.Ring(ring_bytes)
    offset, rows = 0, []
    for name, dims, size in tensors:
        rows.append((name, dims, size, offset))
        offset += (size + 15) // 16 * 16
    p = rune.Pipeline(rows, offset)
    for index, content in enumerate(contents):
        p.tensor(index)[:len(content)] = content
    p.add_output(kind, channel, ring, tuple(range(len(rows))))
    p.run(0, 1)
    return ring
def payload(*arguments):
    ring = write(*arguments)
    buffer = bytearray(ring.next_bytes)
    ring.read_into(buffer)
    return bytes(buffer[6:])
"""

INTEGERS = {
    "u8": [0, 1, 255],
    "i8": [-128, 127, -1],
    "u16": [0, 65535, 10],
    "i16": [-32768, 32767, 9],
    "u32": [0, 4294967295, 100],
    "i32": [-2147483648, 2147483647, 0],
    "u64": [0, 18446744073709551615, 1 << 53],
    "i64": [-9223372036854775808, 9223372036854775807, -1],
}


def numpy_bytes(element: str, values: list[int]) -> bytes:
    kind = {"u": "u", "i": "i"}[element[0]]
    return np.array(values, f"<{kind}{int(element[1:]) // 8}").tobytes()


@pytest.mark.parametrize("element", INTEGERS)
def test_integers_are_written_as_they_are(element: str) -> None:
    content = numpy_bytes(element, INTEGERS[element])
    script = f"records(write([({element!r}, (1, 3), {len(content)})], [{content!r}], 1))"
    line = board(SETUP + script)[0]
    assert line.startswith("3 1 0 ")
    assert line[6:] == json.dumps(
        {
            "type_name": element,
            "channel": 3,
            "elements": INTEGERS[element],
            "dimensions": [1, 3],
        },
        separators=(",", ":"),
    )


def test_several_tensors_make_an_array() -> None:
    script = """
records(write([("f32", (1,), 4), ("u8", (2, 1), 2)], [struct.pack("<f", 0.5), b"\\1\\2"], 1, 7))
"""
    line = board(SETUP + script)[0]
    assert json.loads(line[6:]) == [
        {"type_name": "f32", "channel": 7, "elements": [0.5], "dimensions": [1]},
        {"type_name": "u8", "channel": 7, "elements": [1, 2], "dimensions": [2, 1]},
    ]


def test_what_json_cannot_say_is_null() -> None:
    content = struct.pack("<4f", math.nan, math.inf, -math.inf, -0.0)
    script = f"records(write([('f32', (4,), 16)], [{content!r}], 1))"
    assert '"elements":[null,null,null,-0.0]' in board(SETUP + script)[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"yes\0", '"yes"'),
        (b"\0", '""'),
        (b'a"b\\c\0', '"a\\"b\\\\c"'),
        (b"\b\f\n\r\t\x01\x1f\x7f\0", '"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f"'),
        ("grüße 言葉 🎉\0".encode(), '"grüße 言葉 🎉"'),
        (b"\xff\xc3(\xed\xa0\x80\xc0\x80\xf4\x90\x80\x80\xe2\x82\0", None),
    ],
)
def test_strings_are_escaped(text: bytes, said: str | None) -> None:
    script = f"""
print(bytes(payload([("utf8", (1,), 40)], [{text!r}], 1)))
"""
    written = eval(board(SETUP + script)[0])
    elements = json.loads(written)["elements"]
    if said is None:
        assert elements[0] == "\ufffd\ufffd(" + "\ufffd" * 11
    else:
        assert f'"elements":[{said}]'.encode() in written
        assert elements == [text[:-1].decode()]


def test_several_strings_follow_each_other() -> None:
    script = 'records(write([("utf8", (2, 2), 20)], [b"ab\\0\\0c\\0def\\0"], 1))'
    assert json.loads(board(SETUP + script)[0][6:]) == {
        "type_name": "utf8",
        "channel": 3,
        "elements": ["ab", "", "c", "def"],
        "dimensions": [2, 2],
    }


@pytest.mark.parametrize("kind", [1, 5])
def test_a_string_without_end_is_an_error(kind: int) -> None:
    script = f'print(error(write, [("utf8", (2,), 4)], [b"a\\0bc"], {kind}))'
    message = "a string tensor holds fewer strings than its shape says"
    assert board(SETUP + script) == [f"StageError: (0, '{message}')"]


def test_the_binary_form_has_shape_and_bytes() -> None:
    script = """
print(payload([("i16", (1, 2), 4), ("utf8", (2,), 9)], [b"\\1\\2\\3\\4", b"ab\\0c\\0"], 5))
"""
    written = eval(board(SETUP + script)[0])
    shape, text = b"i16[1, 2]", b"utf8[2]"
    assert written == (
        struct.pack("<I", len(shape))
        + shape
        + b"\1\2\3\4"
        + struct.pack("<I", len(text))
        + text
        + b"ab\0c\0"
    )


def float_elements(element: str, content: bytes, folder: Path) -> list[str]:
    path = folder / "values"
    path.write_bytes(content)
    count = len(content) // (4 if element == "f32" else 8)
    script = f"""
content = open(sys.argv[1], "rb").read()
sys.stdout.write(payload([("{element}", ({count},), len(content))], [content], 1, 3, 200000))
"""
    written = board(SETUP + script, path, heap="2m")[0]
    return written.split("[")[1].split("]")[0].split(",")


def test_f32_is_the_shortest_text_that_reads_back(tmp_path: Path) -> None:
    chance = random.Random(5)
    bits = [chance.getrandbits(32) for _ in range(3000)]
    bits += np.array([n / 1000 for n in range(-999, 1000)], "<f4").view("<u4").tolist()
    bits += [exponent << 23 | fraction for exponent in range(255) for fraction in (0, 1, 0x7FFFFF)]
    bits = [value for value in bits if value >> 23 & 0xFF != 0xFF]
    values = np.array(bits, "<u4").view("<f4")
    texts = float_elements("f32", values.tobytes(), tmp_path)
    assert np.array_equal(
        np.array([np.float32(text) for text in texts]).view("u4"), values.view("u4")
    )
    for text, value in zip(texts, values, strict=True):
        digits, shortest = digits_of(text), digits_of(repr(value.item()), value)
        assert len(digits) <= len(shortest), (text, value)


def digits_of(text: str, value: np.float32 | None = None) -> str:
    """Significant digits of a number's text, or of numpy's shortest text for a float32."""
    if value is not None:
        text = np.format_float_scientific(value, unique=True)
    return text.split("e")[0].replace(".", "").replace("-", "").strip("0")


def test_f64_reads_back(tmp_path: Path) -> None:
    chance = random.Random(6)
    bits = [chance.getrandbits(64) for _ in range(1500)]
    bits += [exponent << 52 for exponent in range(0, 2047, 3)] + [1, 0xFFFFFFFFFFFFF]
    bits = [value for value in bits if value >> 52 & 0x7FF != 0x7FF]
    values = np.array(bits, "<u8").view("<f8")
    texts = float_elements("f64", values.tobytes(), tmp_path)
    assert [float(text) for text in texts] == values.tolist()
    assert all(len(digits_of(t)) <= len(digits_of(repr(float(t)))) for t in texts)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1.0, "1.0"),
        (0.1, "0.1"),
        (1e-7, "1e-7"),
        (123456.0, "123456.0"),
        (1e20, "1e20"),
        (0, "0.0"),
    ],
)
def test_floats_are_written_as_the_original_wrote_them(
    tmp_path: Path, value: float, said: str
) -> None:
    assert float_elements("f32", struct.pack("<f", value), tmp_path) == [said]


def test_the_ring_drops_the_oldest() -> None:
    script = """
ring = rune.Ring(200)
p = rune.Pipeline((("u8", (1,), 1, 0),), 16)
p.add_output(1, 3, ring, (0,))
for value in range(5):
    p.tensor(0)[0] = value
    p.run(0, 1)
print(ring.dropped, ring.next_bytes)
records(ring)
print(ring.dropped, ring.next_bytes, ring.read_into(bytearray(10)))
"""
    lines = board(script)
    assert lines[0] == "3 68" and lines[3] == "3 0 0"
    assert [line.split(" ", 3)[:3] for line in lines[1:3]] == [["3", "1", "3"], ["3", "1", "4"]]
    assert [json.loads(line[6:])["elements"] for line in lines[1:3]] == [[3], [4]]


def test_records_wrap_around_the_end_of_the_ring() -> None:
    script = """
ring = rune.Ring(173)
p = rune.Pipeline((("u8", (1,), 1, 0),), 16)
p.add_output(1, 3, ring, (0,))
buffer = bytearray(100)
for value in range(256):
    p.tensor(0)[0] = value
    p.run(0, 1)
    count = ring.read_into(buffer)
    assert bytes(buffer[6:count]).endswith(b'"elements":[%d],"dimensions":[1]}' % value)
    assert struct.unpack("<I", buffer[2:6])[0] == value
print(ring.dropped)
"""
    assert board(script) == ["0"]


def test_a_short_buffer_loses_nothing() -> None:
    script = """
ring = write([("u8", (1,), 1)], [b"\\5"], 1)
print(error(ring.read_into, bytearray(67)))
print(error(ring.read_into, bytes(100)))
print(ring.read_into(bytearray(68)))
"""
    lines = board(SETUP + script)
    assert lines[0] == "ValueError: the record has 68 bytes"
    assert lines[1].startswith("TypeError") and lines[2] == "68"


def test_an_output_larger_than_its_ring_is_an_error() -> None:
    script = """
ring = rune.Ring(64)
p = rune.Pipeline((("u8", (100,), 100, 0),), 112)
p.add_output(5, 3, ring, (0,))
print(error(p.run, 0, 1), ring.dropped, ring.next_bytes)
"""
    assert board(script) == ["StageError: (0, 'the output is larger than its ring') 1 0"]


@pytest.mark.parametrize("size", ["0", "31", "-1", "1 << 40", "'x'"])
def test_ring_sizes_are_checked(size: str) -> None:
    assert board(f"print(error(rune.Ring, {size}))")[0].split(":")[0] in (
        "ValueError",
        "TypeError",
        "OverflowError",
    )
