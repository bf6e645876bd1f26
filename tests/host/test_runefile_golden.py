"""`golden.json` becomes exactly the bytes that sensors deliver and outputs send, or is refused."""

from __future__ import annotations

import json
import struct
import wave
from pathlib import Path
from typing import Any

import pytest

from runicd.errors import InputError
from tests.host.runefile_samples import built, dense_model

SENSORS = """\
version: 1
image: runicos/base
pipeline:
  audio: {capability: SOUND, args: {hz: 8000, sample_duration_ms: 1}}
  motion: {capability: ACCEL, args: {samples: 2}}
  grey: {capability: IMAGE, args: {width: 2, height: 1, pixel-format: "@PixelFormat::GrayScale"}}
  colour: {capability: IMAGE, args: {width: 1, height: 1, pixel-format: "@PixelFormat::BGR"}}
  data: {capability: RAW, args: {length: 3}}
  text: {proc-block: utf8_decode, inputs: [data]}
  both: {out: serial, inputs: [text, motion]}
  rest: {out: tensor, inputs: [audio, grey, colour]}
"""
INPUTS: dict[str, Any] = {
    "audio": [1, -2, 3, 4, 5, 6, 7, 8],
    "motion": [[1, 2, 3], [4, 5, 6]],
    "grey": [7, 9],
    "colour": [[[[1, 2, 3]]]],
    "data": [104, 105, 0],
}
OUTPUTS: dict[str, Any] = {
    "both": [["hi"], [1, 2, 3, 4, 5, 6]],
    "rest": [INPUTS["audio"], [7, 9], [1, 2, 3]],
}


def sound(path: Path, samples: int = 8, hz: int = 8000, channels: int = 1, width: int = 2) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(hz)
        file.writeframes(bytes(range(samples * channels * width)))


def vectors(folder: Path, golden: object, text: str = SENSORS) -> list[dict[str, Any]]:
    content = golden if isinstance(golden, str) else json.dumps(golden)
    return [dict(one) for one in built(folder, {"Runefile": text, "golden.json": content}).golden]


def test_lists_become_bytes(tmp_path: Path) -> None:
    (vector,) = vectors(tmp_path, [{"inputs": INPUTS, "outputs": OUTPUTS}])
    assert vector["inputs"]["audio"] == struct.pack("<8h", *INPUTS["audio"])
    assert vector["inputs"]["motion"] == struct.pack("<6f", *range(1, 7))
    assert vector["inputs"]["colour"] == b"\1\2\3"
    assert vector["outputs"]["both"] == [b"hi\0", struct.pack("<6f", *range(1, 7))]
    assert vector["outputs"]["rest"][1] == b"\7\x09"
    assert vector["tolerance"] == pytest.approx(1e-5)


def test_files_become_what_the_sensor_reads(tmp_path: Path) -> None:
    sound(tmp_path / "short.wav", 5)
    (tmp_path / "grey.pgm").write_bytes(b"P5\n# a comment\n2 1\n255\n\7\x09")
    (tmp_path / "colour.ppm").write_bytes(b"P6 1 1 255 \1\2\3")
    (tmp_path / "motion.csv").write_text("x,y,z\n1,2,3\n4,5,6\n7,8,9\n")
    (tmp_path / "data.raw").write_bytes(b"hi\0more")
    files = {
        "audio": "short.wav",
        "motion": "motion.csv",
        "grey": "grey.pgm",
        "colour": "colour.ppm",
        "data": "data.raw",
    }
    (vector,) = vectors(tmp_path, {"inputs": files, "outputs": OUTPUTS, "name": "from files"})
    assert vector["inputs"]["audio"] == bytes(range(10)) + bytes(6)
    assert vector["inputs"]["motion"] == struct.pack("<6f", *range(1, 7))
    assert vector["inputs"]["grey"] == b"\7\x09"
    assert vector["inputs"]["colour"] == b"\3\2\1"
    assert vector["inputs"]["data"] == b"hi\0"


def test_motion_may_be_json_or_raw(tmp_path: Path) -> None:
    raw = struct.pack("<6f", *range(6))
    (tmp_path / "m.json").write_text("[[0, 1, 2], [3, 4, 5]]")
    (tmp_path / "m.f32").write_bytes(raw)
    for name in ("m.json", "m.f32"):
        (vector,) = vectors(tmp_path, [{"inputs": INPUTS | {"motion": name}, "outputs": OUTPUTS}])
        assert vector["inputs"]["motion"] == raw


def test_several_vectors_under_a_key(tmp_path: Path) -> None:
    one = {"inputs": INPUTS, "outputs": OUTPUTS, "tolerance": 0}
    assert len(vectors(tmp_path, {"vectors": [one, one]})) == 2


def test_fewer_rows_where_a_block_gives_fewer(tmp_path: Path) -> None:
    text = """\
FROM runicos/base
CAPABILITY<f32[1,4,7]> boxes RAW
PROC_BLOCK object_filter found
RUN boxes found
OUT serial
"""
    golden = {"inputs": {"boxes": [0] * 28}, "outputs": {"serial": [[1, 2, 3, 4, 5, 6]]}}
    (vector,) = vectors(tmp_path, golden, text)
    assert len(vector["outputs"]["serial"][0]) == 24
    golden["outputs"]["serial"] = [1, 2, 3, 4]
    with pytest.raises(InputError, match="has 4 elements, not 24"):
        vectors(tmp_path, golden, text)


def changed(part: str, name: str, value: object) -> dict[str, Any]:
    golden = {"inputs": dict(INPUTS), "outputs": dict(OUTPUTS)}
    golden[part][name] = value
    return golden


@pytest.mark.parametrize(
    ("golden", "fault"),
    [
        ("[", "is no JSON"),
        ("5", "is no list of vectors"),
        ([5], "is no object"),
        ([{"inputs": INPUTS}], '"outputs" is no object'),
        ([{"inputs": INPUTS, "outputs": OUTPUTS, "tolerence": 1}], '"tolerence" is unknown'),
        ([{"inputs": INPUTS, "outputs": OUTPUTS, "tolerance": "a"}], "the tolerance is no number"),
        ([{"inputs": {}, "outputs": OUTPUTS}], 'inputs: "audio" is missing'),
        (changed("inputs", "video", []), 'inputs: there is no "video"; there is audio, motion'),
        (changed("inputs", "grey", [1]), '"grey" has 1 elements, not 2'),
        (changed("inputs", "grey", [1, 300]), "give numbers that fit u8"),
        (changed("inputs", "grey", [1, "a"]), "give numbers that fit u8"),
        (changed("inputs", "audio", [0.5] * 8), "give numbers that fit i16"),
        (changed("outputs", "both", [["hi"]]), '"both" has 2 inputs'),
        (changed("outputs", "both", [[5], [0] * 6]), "give texts"),
        (changed("inputs", "audio", "none.wav"), '"none.wav": no such file'),
        (changed("inputs", "audio", "golden.json"), "not a PCM WAV file"),
        (changed("inputs", "grey", "golden.json"), "is no binary PGM of 2 x 1"),
        (changed("inputs", "motion", "rows.csv"), "is no table of x, y, z"),
        (changed("inputs", "motion", "huge.csv"), "is no table of x, y, z"),
        (changed("inputs", "motion", "nul.csv"), "is no table of x, y, z"),
        (changed("inputs", "motion", "deep.json"), "is no table of x, y, z"),
        (changed("inputs", "data", "a\0b"), "cannot be read (embedded null byte)"),
        (changed("inputs", "data", "/dev/zero"), "is larger than"),
        (changed("outputs", "both", [["\ud800"], [0] * 6]), "is no UTF-8 text"),
        ("[" * 100_000, "is no JSON"),
        (changed("inputs", "data", "empty"), "holds 0 bytes, but a reading has 3"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, golden: object, fault: str) -> None:
    (tmp_path / "rows.csv").write_text("1,2\n")
    (tmp_path / "huge.csv").write_text("1,2,1e300\n")
    (tmp_path / "nul.csv").write_bytes(b"1,2,\0\n")
    (tmp_path / "deep.json").write_text("[" * 100_000)
    (tmp_path / "empty").write_text("")
    with pytest.raises(InputError) as caught:
        vectors(tmp_path, golden)
    assert fault in str(caught.value)
    assert "golden.json" in str(caught.value)


@pytest.mark.parametrize(
    "shape", [{"hz": 16000}, {"channels": 2}, {"width": 1}], ids=["rate", "stereo", "8 bit"]
)
def test_sound_that_would_have_to_be_converted_is_refused(
    tmp_path: Path, shape: dict[str, int]
) -> None:
    sound(tmp_path / "a.wav", **shape)
    with pytest.raises(InputError, match="convert it to 1 channel of 16 bits at 8000 Hz"):
        vectors(tmp_path, changed("inputs", "audio", "a.wav"))


def test_golden_vectors_change_the_rune_and_nothing_else(tmp_path: Path) -> None:
    text = "FROM runicos/base\nCAPABILITY RAND r --n 3\nMODEL m.tflite m\nRUN r m\nOUT serial\n"
    files: dict[str, Any] = {"Runefile": text, "m.tflite": dense_model((1, 3), 1)}
    plain = built(tmp_path, files)
    golden = '[{"inputs": {"r": [1, 2, 3]}, "outputs": {"serial": [12]}}]'
    tested = built(tmp_path, files | {"golden.json": golden})
    assert tested.fields == plain.fields
    assert len(tested.golden) == 1
