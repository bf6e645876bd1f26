"""WAV recordings that are empty, say nothing or say too much are refused, never filled up."""

from __future__ import annotations

import io
import struct
import wave
from pathlib import Path

import pytest

from runicd.errors import InputError
from runicd.runefile.sensor_files import read_sensor_file
from runicd.types import TensorType
from runicd.wav import Recording, read_wav
from tests.board import ROOT
from tests.conftest import Command

UP = ROOT / "runes" / "microspeech" / "samples" / "up_f3.wav"


def _wav(frames: bytes, channels: int = 1, width: int = 2, hz: int = 16000) -> bytes:
    content = io.BytesIO()
    with wave.open(content, "wb") as sound:
        sound.setparams((channels, width, hz, 0, "NONE", ""))
        sound.writeframes(frames)
    return content.getvalue()


def _no_rate() -> bytes:
    data = bytearray(_wav(b"\1\0" * 8))
    struct.pack_into("<I", data, 24, 0)
    return bytes(data)


FAULTS = {
    "empty": (b"", "is empty; give a WAV file"),
    "no samples": (_wav(b""), "holds no samples; record or convert it again"),
    "rate 0": (_no_rate(), "not a PCM WAV file (samples of 16 bits at 0 Hz); convert it, "),
    "cut short": (_wav(bytes(200))[:-50], "ends early: 75 of the 100 samples that it says "),
    "cut in a sample": (_wav(bytes(60), 2, 3)[:-1], "ends early: 9 of the 10 samples that "),
    "only a head": (_wav(bytes(200))[:44], "ends early: 0 of the 100 samples that it says "),
    "half a head": (_wav(bytes(200))[:30], "not a PCM WAV file ("),
    "a stream of no known end": (
        _wav(bytes(8))[:40] + b"\xff\xff\xff\xff" + bytes(8),
        "ends early: 4 of the 2,147,483,647 samples that it says ",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wav_file_with_a_fault_is_refused_in_one_line(fault: str) -> None:
    data, expected = FAULTS[fault]
    with pytest.raises(InputError) as caught:
        read_wav(data, "a.wav")
    (line,) = caught.value.lines()
    assert line.startswith(f"a.wav: {expected}")


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_a_whole_recording_is_read_as_it_is(width: int) -> None:
    frames = bytes(range(24)) * width
    assert read_wav(_wav(frames, 2, width), "a.wav") == Recording(2, width, 16000, frames)


def test_a_short_recording_among_golden_samples_is_refused_too(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(UP.read_bytes()[:-2])
    with pytest.raises(InputError, match="ends early"):
        read_sensor_file("SOUND", {"hz": 16000}, TensorType("i16", (1, 16000)), path)


@pytest.mark.parametrize(
    "arguments", [("run", ROOT / "runes" / "microspeech"), ("sim", "up")], ids=["run", "sim up"]
)
def test_commands_refuse_a_recording_that_is_cut_short(
    command: Command, tmp_path: Path, arguments: tuple[str | Path, ...]
) -> None:
    (tmp_path / "cut.wav").write_bytes(UP.read_bytes()[:-1000])
    ended = command(*arguments, "--sound", "cut.wav")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("runicd: cut.wav: ends early: 15,500 of the 16,000 samples ")
    assert ended.err.count("\n") == 1
    assert command("sim", "ls").out == "No simulated boards; start one with `runicd sim up`.\n"
