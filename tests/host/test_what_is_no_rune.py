"""Files that are neither a Rune nor a Runefile are told in one line; many faults are cut short."""

from __future__ import annotations

import sys
import wave
from pathlib import Path

import pytest

from runicd.errors import InputError, RunefileError
from runicd.runefile.build import build
from runicd.runefile.source import decode_source
from tests.board import ROOT
from tests.conftest import Command
from tests.host.runefile_samples import dense_model

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
LETTER = "Dear reader,\nrun away from here.\n" + "Nothing is meant by these lines.\n" * 160


def _make(kind: str, folder: Path) -> Path:
    path = folder / f"thing.{kind}"
    if kind == "wav":
        with wave.open(str(path), "wb") as sound:
            sound.setparams((1, 2, 16000, 0, "NONE", ""))
            sound.writeframes(b"\0\0" * 100)
        return path
    contents = {
        "tflite": dense_model(),
        "png": PNG,
        "elf": Path(sys.executable).read_bytes()[:4096],
        "txt": LETTER.encode(),
        "toml": b'[tool]\nname = "thing"\n',
        "json": b'{"some": "thing", "else": [1, 2]}\n',
        "bin": bytes(range(256)),
    }
    path.write_bytes(contents[kind])
    return path


@pytest.mark.parametrize(
    ("kind", "seems", "remedy"),
    [
        (
            "tflite",
            "a TensorFlow Lite model",
            "name it in a Runefile: MODEL ./thing.tflite model;",
        ),
        ("png", "a picture", "`runicd run RUNE --image thing.png` lets a Rune see it"),
        ("wav", "a WAV recording", "`runicd run RUNE --sound thing.wav` lets a Rune hear it"),
        ("elf", "a program", "name a .rune, a Runefile, or a folder with one"),
        ("txt", "some other text", "name a .rune, a Runefile, or a folder with one"),
        ("toml", "some other text", "name a .rune, a Runefile, or a folder with one"),
        ("json", "JSON", "name a .rune, a Runefile, or a folder with one"),
        ("bin", "a binary file of an unknown kind", "name a .rune, a Runefile, or a folder"),
    ],
)
def test_what_is_neither_a_rune_nor_a_runefile(
    tmp_path: Path, kind: str, seems: str, remedy: str
) -> None:
    path = _make(kind, tmp_path)
    with pytest.raises(InputError) as caught:
        build(path)
    (line,) = caught.value.lines()
    assert line.startswith(f"{path}: is neither a Rune nor a Runefile; it seems to be {seems}; ")
    assert remedy in line


@pytest.mark.parametrize("verb", ["inspect", "graph", "run", "cast", "build"])
def test_commands_tell_it_in_one_line(command: Command, tmp_path: Path, verb: str) -> None:
    _make("tflite", tmp_path)
    ended = command(verb, "thing.tflite")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("runicd: thing.tflite: is neither a Rune nor a Runefile; ")
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize("name", ["Runefile", "Runefile.yml", "paper", "typed.txt"])
def test_a_runefile_with_faults_is_still_told_as_one(name: str) -> None:
    lines = ["CAPABILITYS RAND random", "MODEL ./sine.tflite sine", "RUN random sine", "GIVE it"]
    assert decode_source(name, "\n".join(lines).encode()).text


def test_every_shipped_runefile_is_known_under_any_name() -> None:
    for path in sorted((ROOT / "runes").glob("*/Runefile")):
        assert decode_source("any", path.read_bytes()).text


def test_text_that_is_not_utf8_is_told_by_its_place() -> None:
    with pytest.raises(RunefileError, match="any:1:20: byte 0xff is not UTF-8; save the file as"):
        decode_source("any", b"FROM runicos/base #\xff\n")
    with pytest.raises(RunefileError, match="byte 0xff is not UTF-8"):
        decode_source("any", "FROM runicos/base\n".encode("utf-16"))


def test_a_long_list_of_faults_is_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "Runefile"
    path.write_text("FROM runicos/base\n" + "GIVE x\n" * 163)
    with pytest.raises(RunefileError) as caught:
        build(path)
    lines = caught.value.lines()
    assert len(lines) == 21
    assert lines[0] == f'{path}:2:1: unknown instruction "GIVE"; known: ' + ", ".join(
        sorted(("FROM", "CAPABILITY", "PROC_BLOCK", "MODEL", "RUN", "OUT", "LIMIT"))
    )
    assert lines[-1] == "... and 143 more"
    assert len(caught.value.diagnostics) == 163


def test_a_test_of_a_name_without_a_board_hints_at_the_target(command: Command) -> None:
    refused = command("test", "sine")
    assert refused.code == 1
    assert "sine: no such file; `runicd test sine -t TARGET` tests the one" in refused.err
    # What is written as a file is meant as one.
    assert command("test", "nowhere.rune").err == "runicd: nowhere.rune: no such file\n"
