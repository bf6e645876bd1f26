"""The blocks that read and write text, in the firmware, and inputs with fewer rows."""

import string
from pathlib import Path

import numpy as np

from runicd.blocks.reference import run_block
from tests.board import run_ok
from tests.native.dsp_board import Case, run_cases, tensor, texts_to_bytes

GOOD_NUMBERS = {
    "f32": ["1", "-2.5", "+.5e1", "3.", "1e-3", "123456.7", "0", "-0", "00012", "9999999", "1e10"],
    "u8": ["0", "255", "+7", "000"],
    "i8": ["-128", "127", "-0"],
    "u16": ["65535"],
    "i16": ["-32768", "32767"],
    "u32": ["4294967295", "1"],
    "i32": ["-2147483648", "2147483647"],
    "u64": ["18446744073709551615"],
    "i64": ["-9223372036854775808", "9223372036854775807"],
}
ROUGH_FLOATS = [
    "3.14159265358979323846264338327950288",
    "1.17549435e-38",
    "3.4028234e38",
    "-12345678901234567890123456789",
    "0.000000000000000000000000000001234567",
    "5e-45",
    "1e39",
    "-1e-60",
    "0e999999999999",
    "1e99999999999999999999",
    "1" + "0" * 30 + "e-30",
]
BAD_WORDS = {
    "f32": ["x", "1x", "--1", ".", "e5", "1e", "1e+", "1.2.3", "nan", "inf", "0x10", "1_0", "é"],
    "u8": ["256", "-1", "1.0", "", "+", "99999999999999999999999"],
    "i8": ["128", "-129"],
    "u64": ["18446744073709551616", "-1"],
    "i64": ["9223372036854775808", "-9223372036854775809"],
    "u32": ["4294967296"],
}


def parse_case(texts: list[str], element: str, count: int) -> Case:
    data = texts_to_bytes(texts)
    source = tensor("utf8", len(texts), text_bytes=len(data))
    return Case("parse", [source], [tensor(element, count)], [texts])


def test_numbers_are_read_as_the_reference_reads_them(tmp_path: Path) -> None:
    asked = [(["\t " + " \r\n".join(words) + " "], e) for e, words in GOOD_NUMBERS.items()]
    asked += [(words, element) for element, words in GOOD_NUMBERS.items()]
    cases = [parse_case(texts, e, len(" ".join(texts).split())) for texts, e in asked]
    for (texts, element), result in zip(asked, run_cases(cases, tmp_path), strict=True):
        assert not isinstance(result, str), (texts, result)
        reference = run_block("parse", texts, {}, (element,))[0]
        np.testing.assert_array_equal(result[0][0], reference)


def test_long_numbers_are_read_within_a_few_units(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    random = [
        f"{value:.9e}" for value in rng.standard_normal(200) * 10.0 ** rng.integers(-30, 30, 200)
    ]
    words = ROUGH_FLOATS + random
    result = run_cases([parse_case([" ".join(words)], "f32", len(words))], tmp_path)[0]
    reference = run_block("parse", [" ".join(words)], {}, ("f32",))[0]
    np.testing.assert_allclose(result[0][0], reference, rtol=1e-6, atol=2e-45)


def test_words_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    asked = [(element, word) for element, words in BAD_WORDS.items() for word in words]
    cases = [parse_case([word], element, 1) for element, word in asked]
    for (element, word), result in zip(asked, run_cases(cases, tmp_path), strict=True):
        assert isinstance(result, str), (element, word, result)
        missing = "fewer numbers" if not word else "no number"
        assert result.startswith("ValueError: parse") and missing in result


def test_as_many_numbers_as_declared_must_be_there(tmp_path: Path) -> None:
    cases = [parse_case(["1 2"], "u8", 3), parse_case(["1 2 3 4"], "u8", 3)]
    fewer, more = run_cases(cases, tmp_path)
    assert fewer == "ValueError: parse found fewer numbers than its output holds"
    assert more == "ValueError: parse found more numbers than its output holds"


def test_text_ends_at_its_nul(tmp_path: Path) -> None:
    after = Case("parse", [tensor("utf8", 1, text_bytes=8)], [tensor("u8", 1)], [b"12\x0034 xx"])
    open_end = Case("parse", [tensor("utf8", 1, text_bytes=3)], [tensor("u8", 1)], [b"255"])
    results = run_cases([after, open_end], tmp_path)
    assert [result[0][0].tolist() for result in results] == [[12], [255]]


def decode_case(data: bytes, room: int | None = None) -> Case:
    room = len(data) + 1 if room is None else room
    return Case(
        "utf8_decode", [tensor("u8", len(data))], [tensor("utf8", 1, text_bytes=room)], [data]
    )


def test_bytes_become_text(tmp_path: Path) -> None:
    texts = ["hello", "grüße €𝄞", "a", "\x7f", "\ud7ff\ue000\U0010ffff"]
    inputs = [text.encode() for text in texts] + [b"cut\0off\xff", b"\0"]
    results = run_cases([decode_case(data) for data in inputs], tmp_path)
    for data, result in zip(inputs, results, strict=True):
        array = np.frombuffer(data, np.uint8)
        assert result[0][0] == run_block("utf8_decode", array, {})[0], (data, result)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    known = [
        b"\x80",
        b"\xc1\xbf",
        b"\xe0\x9f\xbf",
        b"\xed\xa0\x80",
        b"\xf0\x8f\xbf\xbf",
        b"\xf4\x90\x80\x80",
    ]
    known += [
        b"\xf5\x80\x80\x80",
        b"ab\xc3",
        b"\xe2\x82",
        b"\xf0\x9d\x84",
        b"\xc3\x28",
        b"\xe2\x28\xa1",
    ]
    random = [
        bytes(rng.integers(1, 256, int(rng.integers(1, 6)), dtype=np.uint8)) for _ in range(300)
    ]
    inputs = known + random
    for data, result in zip(
        inputs, run_cases([decode_case(d) for d in inputs], tmp_path), strict=True
    ):
        try:
            text = data.decode()
        except UnicodeDecodeError:
            assert result == "ValueError: utf8_decode found bytes that are not UTF-8", data
        else:
            assert result[0][0] == [text]


def test_text_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    label = {"wordlist": string.ascii_lowercase}
    cases = [
        decode_case(b"abcd", room=4),
        Case("label", [tensor("u8", 1)], [tensor("utf8", 1, text_bytes=26)], [b"\0"], label),
        Case("label", [tensor("u8", 1)], [tensor("utf8", 1, text_bytes=27)], [b"\0"], label),
    ]
    short, also_short, fits = run_cases(cases, tmp_path)
    assert short == "ValueError: utf8_decode has more text than its output holds"
    assert also_short == "ValueError: label has more text than its output holds"
    assert fits[0][0] == [string.ascii_lowercase]


ROWS = """
import dsp
from array import array
words = "a" + chr(10) + "b" + chr(10) + "c"
label = dsp.Block("label", {"wordlist": words}, (("u32", (5,)),), (("utf8", (5,), 10),))
out = bytearray(10)
data = array("I", [2, 1, 0, 9, 1])
for rows in (5, 2, 0, 5):
    label.run((data,), (out,), rows)
    print(label.shape(), bytes(out))
for rows in (6, -1):
    try:
        label.run((data,), (out,), rows)
    except ValueError as error:
        print(error)
flat = dsp.Block("normalize", {}, (("u8", (4, 3)),), (("f32", (2, 6)),))
square, result = bytearray(range(12)), array("f", [0] * 12)
flat.run((square,), (result,), 2)
print(flat.shape(), [round(x, 2) for x in result])
row = dsp.Block("normalize", {}, (("u8", (4, 3)),), (("f32", (12,)),))
row.run((square,), (result,), 2)
print(row.shape())
deep = dsp.Block("normalize", {}, (("u8", (4, 3)),), (("f32", (2, 2, 3)),))
best = dsp.Block("argmax", {}, (("u8", (4, 3)),), (("u32", (1,)),))
for block, room in ((deep, result), (best, array("I", [0]))):
    try:
        block.run((square,), (room,), 2)
    except ValueError as error:
        print(error)
"""


def test_blocks_follow_an_input_with_fewer_rows() -> None:
    lines = run_ok(ROWS).splitlines()
    assert lines == [
        r"(5,) b'c\x00b\x00a\x00\x00b\x00\x00'",
        r"(2,) b'c\x00b\x00a\x00\x00b\x00\x00'",
        r"(0,) b'c\x00b\x00a\x00\x00b\x00\x00'",
        r"(5,) b'c\x00b\x00a\x00\x00b\x00\x00'",
        "label has more input than it was made for",
        "label has more input than it was made for",
        "(2, 3) [0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]",
        "(6,)",
        "normalize cannot give an output of another rank fewer rows",
        "argmax has less input than it was made for",
    ]
