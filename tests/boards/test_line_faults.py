"""Casting onto emulated boards over a slow, a bad, and a pulled line; hosts that vanish."""

import os
import threading
from collections.abc import Callable

import pytest

import runicd
from runicd.cast.cast import Quiet
from runicd.links.serial import SerialLink
from runicd.runefile.emit_wasm import custom_section
from runicd.sim import line
from runicd.types import Rune
from runicos.contract import wire
from tests.boards.conftest import Emulate
from tests.flow.runes import SINE, large_sine, padded
from tests.flow.test_repl import mpremote
from tests.signing import signed

FAST = 921_600
SLOW = 9_600
# Of what goes over the line, the Rune's own bytes: 10.2 KB of the 11.52 KB/s of 115,200 baud.
LEAST_SHARE = 10.2 / 11.52
# The board with the least RAM: a Rune of 300 KB is larger than all of its heap.
SMALLEST = "mps2_an385"


class When(Quiet):
    """Does something once, when so many bytes are on the board."""

    def __init__(self, at_bytes: int, action: Callable[[], object]) -> None:
        self._at_bytes = at_bytes
        self._action: Callable[[], object] | None = action

    def uploading(self, done_bytes: int, total_bytes: int) -> None:
        if self._action is not None and done_bytes >= self._at_bytes:
            action, self._action = self._action, None
            action()


def sine(total_bytes: int) -> Rune:
    return padded(runicd.build(SINE), total_bytes)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes the host has put onto serial lines, piece by piece."""
    sizes: list[int] = []
    send = SerialLink.send

    def count(link: SerialLink, data: bytes) -> None:
        sizes.append(len(data))
        send(link, data)

    monkeypatch.setattr(SerialLink, "send", count)
    return sizes


def test_a_cast_of_300_kb_is_nearly_all_that_the_line_carries(
    emulate: Emulate, sent: list[int]
) -> None:
    """How fast that is over a paced line is measured by bench/board_line.py."""
    board = emulate(SMALLEST)
    rune = large_sine()
    assert len(rune.data) > board.facts()["heap_bytes"]
    before = sum(sent)
    done = board.cast(rune)
    assert (sum(sent) - before) * LEAST_SHARE < len(rune.data)
    assert (done.self_test, done.resumed_bytes) == ("passed", 0)


def test_a_line_on_which_a_frame_takes_longer_than_a_second(
    emulate: Emulate, sent: list[int]
) -> None:
    board = emulate(SMALLEST, baud=SLOW)
    rune = sine(8_000)
    before = sum(sent)
    assert board.cast(rune).self_test == "passed"
    # One chunk is sent twice, since so slow a line looks dead at first; not all of them.
    assert sum(sent) - before < 2 * len(rune.data)


def test_a_pulled_cable_is_a_pause(emulate: Emulate) -> None:
    board = emulate(baud=FAST)
    back = threading.Timer(0.5, lambda: line.command(board.folder, "plug"))

    def pull() -> None:
        line.command(board.folder, "unplug")
        back.start()

    done = board.cast(sine(50_000), reporter=When(20_000, pull))
    back.join()
    assert 20_000 <= done.resumed_bytes < 50_000
    assert board.ps()[0]["state"] == "running"


@pytest.mark.parametrize("direction", [line.TO_BOARD, line.TO_HOST])
@pytest.mark.parametrize("fault", ["insert {} {} 00c0ff03c1", "drop {} {} 7", "flip {} {} 10"])
def test_a_cast_over_a_bad_line_arrives_whole(
    emulate: Emulate, direction: str, fault: str
) -> None:
    board = emulate(baud=FAST)
    # Acknowledgements are few bytes: so that they alone are hit, faults lie closer there.
    step = 9_001 if direction == line.TO_BOARD else 91

    def spoil() -> None:
        for number in range(2):
            line.command(board.folder, fault.format(direction, number * step))

    done = board.cast(sine(20_000), reporter=When(2_000, spoil))
    assert done.self_test == "passed"
    assert board.ps()[0]["state"] == "running"


def test_noise_between_frames_is_at_most_typed_text(emulate: Emulate) -> None:
    board = emulate(baud=FAST)
    board.cast(SINE, period_ms=20)
    for _ in range(4):
        line.command(board.folder, f"insert {line.TO_BOARD} 0 {os.urandom(40).hex()}")
        assert board.ps()[0]["state"] == "running"
        # Without its first byte the next frame is text as a whole.
        line.command(board.folder, f"flip {line.TO_BOARD} 0 40")
        assert board.ps()[0]["state"] == "running"
    with board.free_port() as port:
        assert mpremote(port, "exec", "print(6 * 7)") == "42\n"


def test_ctrl_c_in_a_payload_interrupts_nothing(emulate: Emulate) -> None:
    board = emulate()
    built = runicd.build(SINE, unsigned=True)
    data = signed(built.data + custom_section(".padding", b"\x03\x04\x01\x05" * 1000))
    board.cast(Rune(built.name, data, built.manifest), period_ms=20)
    assert board.ps()[0]["failures"] == 0
    assert len(list(board.results("sine", count=2))) == 2


@pytest.mark.parametrize("part", [1, 9, 500])
def test_a_host_that_vanished_within_a_frame_is_forgotten(emulate: Emulate, part: int) -> None:
    board = emulate()
    board.cast(SINE, period_ms=20)
    cut_off = wire.encode(wire.CHUNK, 0, 1, bytes(1000))[:part]
    with board.free_port() as port:
        vanish(port, cut_off)
        assert mpremote(port, "exec", "print(1)") == "1\n"
        vanish(port, cut_off)
    assert board.ps()[0]["state"] == "running"


def vanish(port: str, written: bytes) -> None:
    """Be a host that writes something and is gone."""
    descriptor = os.open(port, os.O_RDWR | os.O_NOCTTY)
    os.write(descriptor, written)
    os.close(descriptor)
