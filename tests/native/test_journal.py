"""Module journal: what was written is there after a reset, what a reset tore is not."""

import struct
import subprocess
import zlib
from pathlib import Path

import pytest

from tests.board import firmware_path, run_ok, run_script

HEAD = struct.Struct("<IHBBIIHB")
HEADS_BYTES = 72

DUMP = """
import journal, sys
memory = bytearray(1000)
ring = journal.Ring(memory)
for number in range(40):
    ring.write(2, number % 4, "rune", "line %d" % number, 10 * number)
    ring.count(8, "other", 10 * number + 5, number, 1 << 31, -1)
sys.stdout.buffer.write(ring.frames(None, 0, 1000))
"""


def test_frames_are_what_their_page_says() -> None:
    command = [str(firmware_path()), "-c", DUMP]
    data = subprocess.run(command, capture_output=True, check=True).stdout
    numbers = []
    while data:
        check, length, kind, level, number, ticks_ms, boot, name = HEAD.unpack_from(data)
        assert zlib.crc32(data[4:length]) == check
        payload = data[HEAD.size + name : length]
        index = (number - 1) // 2
        if kind == 8:
            assert (level, data[HEAD.size :][:name]) == (255, b"other")
            assert struct.unpack("<3I", payload) == (index, 1 << 31, 0xFFFFFFFF)
            assert ticks_ms == 10 * index + 5
        else:
            assert (kind, level, ticks_ms) == (2, index % 4, 10 * index)
            assert payload == b"line %d" % index
        assert boot == 1
        numbers.append(number)
        data = data[length:]
    assert numbers == list(range(numbers[0], 81))
    assert len(numbers) > 20


# A reset may leave memory as it was after any byte that was written: each such state is opened.
TORN = """
import journal

def lines(ring):
    return [(line[0], line[4]) for line in ring.lines(None, 0, 100)[0]]

memory = bytearray(450)
ring = journal.Ring(memory)
for number in range(1, 12):
    ring.write(2, 2, "r", "text %d " % number + "x" * (7 * number), number)
states = 0
for number in range(12, 24):
    old, before = bytes(memory), lines(ring)
    ring.write(2, 2, "r", "text %d " % number + "y" * (3 * number), number)
    new, after = bytes(memory), lines(ring)
    for start in range(len(old)):
        if old[start] == new[start]:
            continue
        # Every byte up to this one is new, in each of the places that are written in turn.
        for torn in (new[:start] + old[start:], old[:start] + new[start:], noisy(old, new, start)):
            found = lines(journal.Ring(bytearray(torn)))
            told = dict(before + after)
            assert all([told.get(at) == text for at, text in found]), (number, start, found)
            assert [at for at, _ in found] == sorted([at for at, _ in found])
            states += 1
print(states > 1000)
"""
NOISY = """
def noisy(old, new, start):
    return old[:start] + bytes([new[start] ^ 0x5a]) + old[start + 1:]
"""


def test_what_a_reset_tore_is_never_misread() -> None:
    assert run_ok(NOISY + TORN, heap="2m") == "True\n"


REOPEN = """
import journal
memory = bytearray(600)
ring = journal.Ring(memory)
print(ring.was_kept, ring.state())
ring.write(1, 2, "", "first", 5)
again = journal.Ring(memory)
again.write(1, 2, "", "second", 6)
print(again.was_kept, again.state()[:4], [line[4:] for line in again.lines(None, 0, 9)[0]])
# The newest frame is damaged: what is before it is kept.
at = bytes(memory).find(b"second")
memory[at] ^= 1
third = journal.Ring(memory)
third.write(1, 2, "", "third", 7)
print(third.was_kept, third.state()[:4], [line[0::4] for line in third.lines(None, 0, 9)[0]])
# Other memory than the head says, and none that ever was a journal.
print(journal.Ring(memory[:599]).was_kept, journal.Ring(bytearray(b"\\xff" * 600)).was_kept)
# Whoever writes over it meanwhile gets an empty one.
for at in range(600):
    memory[at] = 0xa5
print(third.lines(None, 0, 9), third.write(1, 2, "", "new", 0), third.state())
"""


def test_a_journal_is_taken_up_where_it_ended() -> None:
    assert run_ok(REOPEN).splitlines() == [
        "False (1, 1, 0, 0, 0, 600)",
        "True (2, 1, 2, 0) [['first', 1], ['second', 2]]",
        "True (3, 1, 3, 1) [[1, 'first'], [3, 'third']]",
        "False False",
        "([], 0) 1 (0, 1, 1, 0, 22, 600)",
    ]


EXEC = """
import ffi, journal, sys
ring = journal.Ring()
ring.write(1, 2, "", "boot %d" % ring.state()[0], 0)
if ring.state()[0] < 3:
    sys.stdout.write("again ")
    libc = ffi.open(None)
    execl = libc.func("i", "execl", "sssss")
    execl(sys.argv[1], sys.argv[1], sys.argv[2], sys.argv[3], None)
print(ring.was_kept, [line[4] for line in ring.lines(None, 0, 9)[0]])
"""


def test_it_outlives_a_program_that_runs_in_the_place_of_this_one(tmp_path: Path) -> None:
    script = tmp_path / "again.py"
    # MicroPython leaves the script's own name in sys.argv[0].
    script.write_text(EXEC.replace("sys.argv[2], sys.argv[3]", "sys.argv[0], sys.argv[1]"))
    command = [str(firmware_path()), str(script), str(firmware_path())]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert finished.stdout.endswith("True ['boot 1', 'boot 2', 'boot 3']\n"), finished


STEADY = """
import journal, micropython
ring = journal.Ring(bytearray(2000))
text, number = "what happened", 0
micropython.heap_lock()
for number in range(500):
    ring.write(2, 2, "rune", text, number)
    ring.count(8, "rune", number, 1, 2, 3)
micropython.heap_unlock()
print(ring.state()[2])
"""


def test_writing_keeps_nothing_on_the_heap() -> None:
    assert run_ok(STEADY) == "1000\n"


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("journal.Ring(bytearray(393))", "ValueError: a journal has 394 to 1048576 bytes"),
        ("journal.Ring(bytes(400))", "TypeError"),
        ("journal.Ring(5)", "TypeError"),
        ("ring.write(1, 2, '', 5, 0)", "TypeError"),
        ("ring.write(1, 2, b'', '', 0)", "TypeError: a str is wanted"),
        ("ring.write(256, 2, '', '', 0)", "ValueError: kinds and levels are 0 to 255"),
        ("ring.write(1, -1, '', '', 0)", "ValueError: kinds and levels are 0 to 255"),
        ("ring.write(1, 2, '', '', 1.5)", "TypeError: an integer is wanted"),
        ("ring.count(8, '', 0, *range(61))", "ValueError: too many numbers"),
        ("ring.count(8, '', 0, 'a')", "TypeError: an integer is wanted"),
        ("ring.lines(1, 0, 1)", "TypeError: a str is wanted"),
        ("ring.lines(None, None, 1)", "TypeError: an integer is wanted"),
        ("ring.frames(None, 0, 'a')", "TypeError"),
        ("setattr(ring, 'was_kept', 1)", "AttributeError"),
        ("memory.extend(b''); print('shrunk'); ring.memory", "AttributeError"),
    ],
)
def test_a_wrong_argument_is_an_error(call: str, error: str) -> None:
    script = "import journal\nmemory = bytearray(400)\nring = journal.Ring(memory)\n" + call
    finished = run_script(script)
    assert finished.status != 0
    assert error in finished.errors + finished.output
