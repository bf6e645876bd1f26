"""The hal.py of each real board, against recordings of its peripherals."""

import ast
import struct
import tomllib

import pytest

from tests.board import ROOT
from tests.boards_real.replaying import BOARDS, I2S_PINS, WIRING, play, printed, recording

ACCEL = """
driver = board.capability("ACCEL", {})
buffer = bytearray(24)
print(driver.readinto(memoryview(buffer)))
show(buffer)
"""


@pytest.mark.parametrize("board", BOARDS)
def test_the_accelerometer_gives_g(board, tmp_path):
    lines = printed(play(board, recording("lsm6ds", **WIRING[board]), ACCEL, tmp_path))
    wanted = [0.5, -1.0, 1 / 8192, -4.0, 32767 / 8192, 0.0]
    assert lines == ["24", struct.pack("<6f", *wanted).hex()]


@pytest.mark.parametrize("board", ["pico2", "esp32s3"])
def test_the_i2s_microphone_gives_samples(board, tmp_path):
    script = """
driver = board.capability("SOUND", {"hz": 16000})
buffer = bytearray(512)
print(driver.readinto(memoryview(buffer)))
print(bytes(buffer) == bytes([at & 255 for at in range(512)]))
print(driver.readinto(memoryview(buffer)), max(buffer))
print(board.capability("SOUND", {"hz": 16000}) is driver)
"""
    text = recording("i2s", pins=I2S_PINS[board])
    assert printed(play(board, text, script, tmp_path)) == ["512", "True", "512 0", "True"]


def test_the_analog_microphone_gives_samples(tmp_path):
    script = """
driver = board.capability("SOUND", {"hz": 16000})
buffer = bytearray(8)
for _ in range(2):
    print(driver.readinto(memoryview(buffer)))
    show(buffer)
driver.close()
attempt(driver.readinto, buffer)
"""
    lines = printed(play("portenta_h7", recording("adc_microphone"), script, tmp_path))
    assert lines[:2] == ["8", struct.pack("<4h", 0, 16, -16, 0).hex()]
    # The mean of 0, 4095, 4095, 4095 is 3071.
    assert lines[2:4] == ["8", struct.pack("<4h", -32768, 16384, 16384, 16384).hex()]
    assert "listens for another Rune" in lines[4]


@pytest.mark.parametrize("board", BOARDS)
def test_raw_gives_voltages_and_levels(board, tmp_path):
    script = """
buffer = bytearray(4)
print(board.capability("RAW", {}).readinto(memoryview(buffer)))
show(buffer)
buffer = bytearray(2)
print(board.capability("RAW", {"source": 1, "hz": 100}).readinto(memoryview(buffer)))
show(buffer)
"""
    lines = printed(play(board, recording("raw", **WIRING[board]), script, tmp_path))
    assert lines == ["4", "0102ffff", "2", "050e"]


@pytest.mark.parametrize("board", BOARDS)
def test_facts_are_those_of_board_toml(board, tmp_path):
    described = tomllib.loads((ROOT / "boards" / board / "board.toml").read_text("utf-8"))
    lines = printed(play(board, "", "print(repr(board.facts()))", tmp_path))
    said = ast.literal_eval(lines[0])
    assert said.pop("name") == f"{board}-12abcd"
    assert described["board"]["name"] == board
    assert said == {key: described["facts"][key] for key in said}


@pytest.mark.parametrize("board", BOARDS)
def test_the_docs_say_how_it_is_flashed_and_that_nobody_has_run_it(board):
    described = tomllib.loads((ROOT / "boards" / board / "board.toml").read_text("utf-8"))
    assert described["board"]["firmware"] in described["board"]["deploy"]
    assert "not run by this" in (ROOT / "boards" / board / "board.toml").read_text("utf-8")
    said = (ROOT / "docs" / "boards.md").read_text("utf-8")
    assert described["board"]["deploy"] in said
    assert f"| `{board}` |" in said


@pytest.mark.parametrize("board", BOARDS)
def test_random_bytes_need_no_sensor(board, tmp_path):
    script = """
buffer = bytearray(16)
print(board.capability("RAND", {}).readinto(memoryview(buffer)))
print(len(set(buffer)) > 4)
"""
    assert printed(play(board, "", script, tmp_path)) == ["16", "True"]


@pytest.mark.parametrize("board", BOARDS)
def test_image_is_not_offered(board, tmp_path):
    script = (
        'print("IMAGE" in board.facts()["capabilities"])\nattempt(board.capability, "IMAGE", {})'
    )
    assert printed(play(board, "", script, tmp_path)) == ["False", "ValueError: no IMAGE here"]


@pytest.mark.parametrize("board", BOARDS)
def test_a_reset_is_the_chip_s(board, tmp_path):
    assert printed(play(board, "machine reset", "board.reset()", tmp_path)) == []


@pytest.mark.parametrize("board", BOARDS)
def test_why_the_chip_started_is_told_in_words(board, tmp_path):
    script = "import machine\nfor machine.cause in (1, 3, 9):\n    print(board.reset_cause())"
    assert printed(play(board, "", script, tmp_path)) == ["power on", "watchdog", "reset"]


@pytest.mark.parametrize(
    ("board", "said", "celsius"),
    [
        # 0.706 V of 3.3 V, and 0.7 V.
        ("pico2", "adc core init\nadc core read -> c536", "27.0"),
        ("pico2", "adc core init\nadc core read -> 4d36", "30.5"),
        ("esp32s3", "esp32 temperature -> 2a", "42.0"),
    ],
)
def test_a_chip_tells_its_temperature(board, said, celsius, tmp_path):
    assert printed(play(board, said, "print('%.1f' % board.temperature_c())", tmp_path)) == [
        celsius
    ]


def test_a_board_without_a_sensor_has_no_temperature(tmp_path):
    script = "print(hasattr(board, 'temperature_c'), hasattr(board, 'battery_mv'))"
    assert printed(play("portenta_h7", "", script, tmp_path)) == ["False False"]


@pytest.mark.parametrize("board", BOARDS)
def test_bodies_are_files_where_no_partition_is_mapped(board, tmp_path):
    script = f"""
import os, vfs
import runicos.shared  # which lies in a board's flash
vfs.umount("/")
vfs.mount(vfs.VfsPosix({str(tmp_path)!r}), "/")
board.flash_root = "/runes"
os.mkdir("/runes")
with open("/runes/a.body", "wb") as file:
    file.write(b"body")
bodies = board.bodies()
print(type(bodies).__name__, bodies.total_bytes > 1000000)
body = bodies.open("a.body", 4, [], None)
view = body.parts[0]
body.close()
print(bytes(view[1:]))
"""
    lines = printed(play(board, "", script, tmp_path))
    assert lines == ["FileBodies True", "b'ody'"]


def test_a_rune_that_memory_cannot_take_is_refused(tmp_path):
    (tmp_path / "runes").mkdir()
    (tmp_path / "runes" / "large.body").write_bytes(bytes(3 << 20))
    script = f"""
import vfs
vfs.mount(vfs.VfsPosix({str(tmp_path)!r}), "/flash")
from runicos.contract.errors import RuneError
from runicos.contract.sentences import sentence
try:
    board.bodies().open("large.body", 3 << 20, [], None)
except RuneError as error:
    print(sentence(error.code, error.arguments))
"""
    (line,) = printed(play("portenta_h7", "", script, tmp_path))
    assert "errno 12" in line


def test_fat_is_refused_where_runes_would_be_files(tmp_path):
    script = """
import vfs
class Disk:
    data = bytearray(512 * 128)
    def readblocks(self, block, buffer):
        buffer[:] = self.data[512 * block : 512 * block + len(buffer)]
    def writeblocks(self, block, buffer):
        self.data[512 * block : 512 * block + len(buffer)] = buffer
    def ioctl(self, operation, argument):
        return {4: 128, 5: 512}.get(operation, 0)
disk = Disk()
vfs.VfsFat.mkfs(disk)
vfs.mount(vfs.VfsFat(disk), "/flash")
attempt(board.bodies)
"""
    (line,) = printed(play("portenta_h7", "", script, tmp_path))
    assert "/flash is FAT: format it with littlefs" in line


@pytest.mark.parametrize("board", ["pico2", "esp32s3"])
def test_bodies_lie_in_the_mapped_partition_where_there_is_one(board, tmp_path):
    script = f"""
import os, vfs
import runicos.partition_device  # while its source can be reached
vfs.umount("/")
vfs.mount(vfs.VfsPosix({str(tmp_path)!r}), "/")
class Partition(bytearray):
    def ioctl(self, operation, argument):
        return {{4: 4, 5: 4096}}.get(operation, 0)
device = Partition(4 * 4096)
vfs_rom = lambda operation, number=0: 1 if operation == 1 else device
from drivers import real_board
from runicos.partition import open_rom
real_board.open_rom = lambda number: open_rom(number, vfs_rom)
board.flash_root = "/runes"
os.mkdir("/runes")
bodies = board.bodies()
print(type(bodies).__name__, bodies.total_bytes)
"""
    assert printed(play(board, "", script, tmp_path)) == ["ExtentBodies 16384"]


@pytest.mark.parametrize("board", BOARDS)
def test_the_console_is_ours_and_nobody_else_s(board, tmp_path):
    script = """
made = board.console()
arrived = made.readinto(bytearray(8)) in (0, None)
made.write(b"%s %s %s\\r\\n" % (arrived, board.listener(), board.ready()))
made.repl_start()
made.repl_feed(b"print(6 * 7)\\r")
import time
time.sleep_ms(100)
"""
    lines = printed(play(board, "", script, tmp_path))
    assert lines[0] == "True None None"
    assert "42" in lines


WATCHDOGS = {"portenta_h7": (32_000, -1), "pico2": (8_388, -1), "esp32s3": (60_000, 0)}


@pytest.mark.parametrize("board", BOARDS)
def test_the_watchdog_waits_no_longer_than_it_can_and_code_at_the_prompt_is_fed_by_a_timer(
    board, tmp_path
):
    most_ms, timer = WATCHDOGS[board]
    said = f"""
wdt timeout={most_ms}
wdt feed
wdt feed
timer {timer} periodic period={most_ms // 4}
wdt feed
wdt feed
timer {timer} deinit
wdt timeout=4000
"""
    script = """
dog = board.watchdog(1000000)
dog.feed()
dog.hold(True)
dog.hold(False)
board.watchdog(4000)
"""
    assert printed(play(board, said, script, tmp_path)) == []


@pytest.mark.parametrize("board", BOARDS)
def test_a_reset_by_the_watchdog_is_told_from_one_that_somebody_asked_for(board, tmp_path):
    script = """
import machine, rune
for machine.cause, word in ((3, 0), (3, rune.tag("sine")), (3, 1), (1, 0)):
    rune.running(word)
    print(board.last_fault())
machine.cause = 3
board.reset()
print(board.last_fault())
"""
    lines = printed(play(board, "machine reset", script, tmp_path))
    assert lines == ["watchdog", "watchdog", "None", "None", "None"]
