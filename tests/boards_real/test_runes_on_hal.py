"""Runes on a real board's hal.py: what RunicOS's boot wires, with recorded sensors, no links."""

import csv
import json
import struct
import wave
from pathlib import Path

import pytest

from tests.board import Finished
from tests.boards_real.replaying import BOARDS, I2S_PINS, WIRING, play, printed, recording
from tests.device.flash_files import put
from tests.device.runes import sample, stock
from tests.signing import provision

SCRIPT = """
import flash_folder, vfs
vfs.mount(flash_folder.Flash({flash!r}), "/flash")
board.flash_root = "/flash/runes"
from runicos import boot
from runicos.contract.errors import RuneError
from runicos.contract.sentences import sentence
board.given_limit = {{"watchdog_ms": 0}}.get  # whose peripheral is no part of the recordings
system = boot.System(board, None)
from runicos.watching import start
start(system)
try:
    system.runes.start({name!r}, 0)
    rune = system.runes.ready({name!r})
    system.schedule.call_now(rune)
    for said in system.outputs.take_payloads({name!r}, rune.container.ring):
        print(said.decode())
except RuneError as error:
    print(sentence(error.code, error.arguments))
"""


def script(name: str, tmp_path: Path) -> str:
    provision(tmp_path / "flash")
    put(tmp_path / "flash", name, stock(name))
    return SCRIPT.format(flash=str(tmp_path / "flash"), name=name)


def words(finished: Finished) -> list[str]:
    """Return what a Rune wrote to its serial output."""
    return [word for line in printed(finished) for word in json.loads(line)["elements"]]


def motion(board: str, file: str) -> str:
    """Return the recording of an accelerometer that is moved as in a sample of gesture's."""
    start = recording("lsm6ds", **WIRING[board]).split("# The first reading")[0]
    bus = f"i2c {WIRING[board]['bus']}"
    lines = []
    with sample("gesture", file).open(encoding="utf-8") as rows:
        for row in csv.reader(rows):
            raw = [max(-32768, min(32767, round(float(g) * 8192))) for g in row]
            lines += [
                f"{bus} read 6a 1e -> 01",
                f"{bus} read 6a 28 -> {struct.pack('<3h', *raw).hex()}",
            ]
    return start + "\n".join(lines)


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("gesture", ["circle", "shake", "tap"])
def test_a_gesture_is_recognised(board, gesture, tmp_path):
    text = motion(board, f"{gesture}_1.csv")
    assert words(play(board, text, script("gesture", tmp_path), tmp_path)) == [gesture]


def a_second(file: str) -> bytes:
    with wave.open(str(sample("microspeech", file))) as recorded:
        return recorded.readframes(16_000).ljust(32_000, b"\0")


@pytest.mark.parametrize("board", ["pico2", "esp32s3"])
def test_a_word_is_recognised(board, tmp_path):
    sound = a_second("up_f3.wav")
    settled = recording("i2s", pins=I2S_PINS[board]).split("i2s 0 read 512")[0]
    text = settled + f"i2s 0 read 32000 -> {sound.hex()}"
    assert words(play(board, text, script("microspeech", tmp_path), tmp_path)) == ["up"]


def test_a_word_is_recognised_through_an_adc_of_12_bits(tmp_path):
    readings = [
        (value >> 4) + 1241 for (value,) in struct.iter_unpack("<h", a_second("up_f3.wav"))
    ]
    heard = struct.pack("<16000H", *(max(0, min(4095, reading)) for reading in readings))
    text = recording("adc_microphone").split("pyb.adc A6 read")[0]
    text += f"pyb.adc A6 read 16000 by timer 6 -> {heard.hex()}"
    assert words(play("portenta_h7", text, script("microspeech", tmp_path), tmp_path)) == ["up"]


def test_an_absent_sensor_fails_the_rune_with_its_name(tmp_path):
    text = motion("pico2", "rest_1.csv").split("i2c 0 read 6a 0f")[0] + "i2c 0 read 6a 0f ! 5"
    (line,) = printed(play("pico2", text, script("gesture", tmp_path), tmp_path))
    assert "motion" in line
    assert "no accelerometer at I2C address 0x6a" in line
