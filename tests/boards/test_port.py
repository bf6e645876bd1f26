"""What MicroPython's port to the emulated boards gives: time, hashes, files, limits."""

import hashlib
import time
import tomllib
from pathlib import Path

from tests.board import ROOT
from tests.boards.emulated import EmulatedBoard


def test_time_goes_on_and_sleeping_takes_it(board: EmulatedBoard) -> None:
    printed = board.run(
        "import time\n"
        "a, u = time.ticks_ms(), time.ticks_us()\n"
        "time.sleep_ms(50)\n"
        "time.sleep_us(700)\n"
        "print(time.ticks_diff(time.ticks_ms(), a), time.ticks_diff(time.ticks_us(), u))\n"
        "print(time.gmtime(time.time())[0])"
    )
    slept, year = printed.splitlines()
    slept_ms, slept_us = map(int, slept.split())
    # No upper bound: the machine that emulates may be busy.
    assert slept_ms >= 50
    assert slept_us >= 50_700
    assert int(year) >= 2025


def test_microseconds_never_go_back(board: EmulatedBoard) -> None:
    printed = board.run(
        "import time\n"
        "last, least = time.ticks_us(), 0\n"
        "for _ in range(20000):\n"
        "    now = time.ticks_us()\n"
        "    least = min(least, time.ticks_diff(now, last))\n"
        "    last = now\n"
        "print(least)"
    )
    assert printed == "0\n"


def test_time_goes_on_while_interrupts_are_off(board: EmulatedBoard) -> None:
    printed = board.run(
        "import machine, time\n"
        "a, u = time.ticks_ms(), time.ticks_us()\n"
        "state = machine.disable_irq()\n"
        "time.sleep_us(5000)\n"
        "time.sleep_ms(20)\n"
        "machine.enable_irq(state)\n"
        "print(time.ticks_diff(time.ticks_ms(), a), time.ticks_diff(time.ticks_us(), u))"
    )
    slept_ms, slept_us = map(int, printed.split())
    assert slept_ms >= 25
    assert slept_us >= 25_000


def test_time_is_the_machine_s_own(board: EmulatedBoard) -> None:
    """However late an interrupt comes: those that are missed are counted."""
    told = "import time\nprint(time.ticks_ms(), time.ticks_us())"
    before_s = time.monotonic()
    first = [int(word) for word in board.run(told).split()]
    least_s = time.monotonic()
    time.sleep(2)
    most_s = time.monotonic()
    last = [int(word) for word in board.run(told).split()]
    after_s = time.monotonic()
    for first_at, last_at, per_s in zip(first, last, (1e3, 1e6), strict=True):
        assert most_s - least_s - 0.005 < (last_at - first_at) / per_s < after_s - before_s + 0.005


def test_asyncio_and_select_wait_without_input(board: EmulatedBoard) -> None:
    printed = board.run(
        "import asyncio, select, sys\n"
        "async def tick(n):\n"
        "    for at in range(3):\n"
        "        await asyncio.sleep_ms(5)\n"
        "        print(n, at)\n"
        "async def main():\n"
        "    await asyncio.gather(tick('a'), tick('b'))\n"
        "asyncio.run(main())\n"
        "poll = select.poll()\n"
        "poll.register(sys.stdin, select.POLLIN)\n"
        "print(poll.poll(10))"
    )
    lines = printed.splitlines()
    assert sorted(lines[:6]) == [f"{name} {at}" for name in "ab" for at in range(3)]
    assert lines[6] == "[]"


def test_hashes_and_deflate_are_the_real_ones(board: EmulatedBoard) -> None:
    printed = board.run(
        "import hashlib, deflate, io, binascii\n"
        "data = bytes(range(256)) * 20\n"
        "print(binascii.hexlify(hashlib.sha256(data).digest()).decode())\n"
        "packed = io.BytesIO()\n"
        "with deflate.DeflateIO(packed, deflate.ZLIB, 9) as out:\n"
        "    out.write(data)\n"
        "packed.seek(0)\n"
        "print(len(packed.getvalue()) < 1000)\n"
        "print(deflate.DeflateIO(packed, deflate.ZLIB).read() == data)"
    )
    digest = hashlib.sha256(bytes(range(256)) * 20).hexdigest()
    assert printed == f"{digest}\nTrue\nTrue\n"


def test_native_modules_are_there_and_floats_are_single(board: EmulatedBoard) -> None:
    printed = board.run("import nn, dsp, wasm3, rune, console\nprint(0.1 + 0.2, 2 ** 0.5)")
    assert printed == "0.3 1.414214\n"


def test_the_heap_is_what_the_board_states(board: EmulatedBoard, kind: str) -> None:
    stated = tomllib.loads((ROOT / "boards" / kind / "board.toml").read_text())["facts"]
    heap_bytes = int(board.run("import gc\nprint(gc.mem_free() + gc.mem_alloc())"))
    # MicroPython's own tables, three bits for each 16 bytes, come off it.
    assert stated["heap_bytes"] * 0.97 < heap_bytes <= stated["heap_bytes"]
    refused = board.run(
        f"try:\n    bytearray({stated['heap_bytes']})\nexcept MemoryError:\n    print('refused')"
    )
    assert refused == "refused\n"


def test_recursion_ends_in_an_exception(board: EmulatedBoard) -> None:
    printed = board.run(
        "def deeper(n):\n    return deeper(n + 1)\n"
        "try:\n    deeper(0)\nexcept RuntimeError as error:\n    print(error)"
    )
    assert printed == "maximum recursion depth exceeded\n"


def test_the_machine_gives_random_bytes(board: EmulatedBoard) -> None:
    printed = board.run("import os\na, b = os.urandom(16), os.urandom(16)\nprint(len(a), a != b)")
    assert printed == "16 True\n"


def test_files_outlive_a_power_cut(board: EmulatedBoard) -> None:
    board.run("with open('/kept.txt', 'w') as file:\n    file.write('still here')")
    board.cut_power()
    assert board.run("print(open('/kept.txt').read())") == "still here\n"


def test_machine_reset_restarts_the_board_on_the_same_port(board: EmulatedBoard) -> None:
    board.run("import builtins\nbuiltins.mark = 1")
    board.run_to_its_end("import machine\nmachine.reset()")
    board.client().close()
    assert board.run("import builtins\nprint(hasattr(builtins, 'mark'))") == "False\n"


def test_a_reset_asked_for_is_no_fault(board: EmulatedBoard) -> None:
    board.run_to_its_end("import machine\nmachine.reset()")
    client, told = board.client_after_fault()
    client.close()
    assert told == []


def test_the_cause_of_a_restart_is_told(board: EmulatedBoard) -> None:
    told = (
        "import machine\n"
        "names = {machine.PWRON_RESET: 'power', machine.HARD_RESET: 'restart'}\n"
        "print(names[machine.reset_cause()])"
    )
    board.cut_power()
    assert board.run(told) == "power\n"
    board.run_to_its_end("import machine\nmachine.reset()")
    board.client().close()
    assert board.run(told) == "restart\n"


def test_a_restart_leaves_nothing_open(board: EmulatedBoard) -> None:
    """The emulator goes on: a board that restarts often must not run out of its files."""
    descriptors = Path(f"/proc/{board.board.pid}/fd")
    opened = len(list(descriptors.iterdir()))
    for _ in range(2):
        board.run_to_its_end("import machine\nmachine.reset()")
        board.client().close()
    assert len(list(descriptors.iterdir())) == opened
