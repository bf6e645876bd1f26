"""Sensors that are not there, are something else, or fail: each says what it is."""

import pytest

from tests.boards_real.replaying import BOARDS, I2S_PINS, WIRING, play, printed, recording

OPEN = 'attempt(board.capability, "ACCEL", {})'
READ = """
driver = board.capability("ACCEL", {})
attempt(driver.readinto, memoryview(bytearray(24)))
"""
SOUND = """
driver = board.capability("SOUND", {"hz": 16000})
buffer = bytearray(512)
"""


def accelerometer(board: str, lines: int, *more: str) -> str:
    """Return the recording up to that many lines of it, and then others."""
    said = [line for line in recording("lsm6ds", **WIRING[board]).splitlines() if line[0] != "#"]
    bus = WIRING[board]["bus"]
    return "\n".join([*said[:lines], *(f"i2c {bus} {line}" for line in more)])


@pytest.mark.parametrize("board", BOARDS)
def test_no_chip(board, tmp_path):
    lines = printed(play(board, accelerometer(board, 1, "read 6a 0f ! 5"), OPEN, tmp_path))
    assert lines[0].startswith("OSError: [Errno 19] ENODEV")
    assert "no accelerometer at I2C address 0x6a (errno 5)" in lines[0]


@pytest.mark.parametrize("board", BOARDS)
def test_another_chip(board, tmp_path):
    lines = printed(play(board, accelerometer(board, 1, "read 6a 0f -> 33"), OPEN, tmp_path))
    assert lines == ["ValueError: the chip at I2C address 0x6a is no LSM6DS: WHO_AM_I is 0x33"]


def test_a_reset_that_does_not_end(tmp_path):
    text = accelerometer("pico2", 3, *["read 6a 12 -> 05"] * 10)
    assert "does not end its reset" in printed(play("pico2", text, OPEN, tmp_path))[0]


def test_a_bus_error_while_it_is_set_up(tmp_path):
    text = accelerometer("pico2", 6, "write 6a 10 48 ! 110")
    lines = printed(play("pico2", text, OPEN, tmp_path))
    assert lines == ["OSError: [Errno 110] ETIMEDOUT"]


def test_a_bus_error_in_the_middle_of_a_window(tmp_path):
    text = accelerometer("esp32s3", 10, "read 6a 1e -> 01", "read 6a 28 ! 5")
    assert printed(play("esp32s3", text, READ, tmp_path)) == ["OSError: [Errno 5] EIO"]


def test_a_chip_that_measures_nothing(tmp_path):
    text = accelerometer("pico2", 7, *["read 6a 1e -> 00"] * 80)
    lines = printed(play("pico2", text, READ, tmp_path))
    assert "the accelerometer measures nothing" in lines[0]


@pytest.mark.parametrize("board", ["pico2", "esp32s3"])
def test_a_microphone_s_bus_without_samples(board, tmp_path):
    text = recording("i2s", pins=I2S_PINS[board]).split("38 *")[0] + "i2s 0 read 256 -> none"
    script = 'attempt(board.capability, "SOUND", {"hz": 16000})'
    lines = printed(play(board, text, script, tmp_path))
    assert "the microphone's bus gives no samples" in lines[0]


def test_a_short_read_is_told_as_such(tmp_path):
    text = recording("i2s", pins=I2S_PINS["pico2"]).split("i2s 0 read 512")[0]
    text += "i2s 0 read 512 -> 0102\ni2s 0 read 512 -> none\ni2s 0 read 512 ! 5"
    script = SOUND + "print(driver.readinto(buffer), driver.readinto(buffer))\n"
    lines = printed(play("pico2", text, script + "attempt(driver.readinto, buffer)", tmp_path))
    assert lines == ["2 0", "OSError: [Errno 5] EIO"]


def test_after_a_pause_the_window_is_of_one_piece(tmp_path):
    text = recording("i2s", pins=I2S_PINS["pico2"])
    # 250 ms of what the port kept: 8000 bytes.
    old = "32 * i2s 0 read 256 -> count:256\n"
    text = text.replace("i2s 0 read 512 -> zero", old + "i2s 0 read 512 -> zero")
    script = (
        SOUND
        + """
import time
driver.readinto(buffer)
time.sleep_ms(260)
print(driver.readinto(buffer), max(buffer))
"""
    )
    assert printed(play("pico2", text, script, tmp_path)) == ["512 0"]


def test_another_rate_takes_the_microphone(tmp_path):
    text = recording("i2s", pins=I2S_PINS["pico2"]).split("i2s 0 read 512")[0]
    text += "i2s 0 deinit\n" + text.replace("16000", "8000").replace("ibuf=32000", "ibuf=16000")
    text = text.replace("38 *", "19 *", 2).replace("19 *", "38 *", 1)
    script = (
        SOUND
        + """
board.capability("SOUND", {"hz": 8000})
attempt(driver.readinto, buffer)
"""
    )
    lines = printed(play("pico2", text, script, tmp_path))
    assert "listens for another Rune" in lines[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("write 6a 10 48", "write 6a 10 40"), "instead of line 7"),
        (("i2c 0 write 6a 12 44\n", ""), "instead of line 6"),
        (("0080ff7f0000", "0080ff7f0000\ni2c 0 read 6a 1e -> 01"), "was never said"),
        (("i2c 0 read 6a 28 -> 0080ff7f0000", ""), "after the recording's end"),
        (("0080ff7f0000", "0080ff7f"), "of 6 bytes"),
    ],
)
def test_a_recording_that_differs_fails(change, said, tmp_path):
    text = recording("lsm6ds", **WIRING["pico2"])
    assert change[0] in text
    finished = play("pico2", text.replace(*change), READ, tmp_path)
    assert finished.status != 0
    assert said in finished.errors + finished.output
