"""Which boards can be simulated, and what is said where their firmware or QEMU is missing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from runicd.errors import InputError, SimulatorError, UsageError
from runicd.sim import boards, firmware
from runicd.sim.boards import Options
from runicd.sim.launch import qemu_command
from runicd.sim.record import SimulatedBoard

BOARD = """
[board]
name = "tiny"
firmware = "build/tiny/firmware.elf"
[facts]
heap_bytes = 65536
[emulator]
kind = "qemu"
machine = "mps2-an385"
cpu = "cortex-m3"
"""
AddBoard = Callable[[str, str], None]


@pytest.fixture
def add_board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AddBoard:
    """Replace the known boards by those that the test describes."""
    (tmp_path / "boards").mkdir()
    monkeypatch.setattr(firmware, "boards_folder", lambda: tmp_path / "boards")
    monkeypatch.setattr(firmware, "repository", lambda: tmp_path)

    def add(name: str, text: str) -> None:
        folder = tmp_path / "boards" / name
        folder.mkdir()
        (folder / "board.toml").write_text(text)

    add("tiny", BOARD)
    return add


@pytest.fixture
def built(add_board: AddBoard, tmp_path: Path) -> Path:
    path = tmp_path / "build" / "tiny" / "firmware.elf"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\x7fELF")
    return path


def test_what_make_built_is_found(built: Path) -> None:
    found = firmware.find("tiny")
    assert (found.board, found.path, found.heap_bytes) == ("tiny", built, 65536)
    assert (found.machine, found.cpu) == ("mps2-an385", "cortex-m3")


def test_a_variable_of_the_board_names_another(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.elf"
    other.write_bytes(b"")
    monkeypatch.setenv("RUNICD_FIRMWARE", "/bin/false")
    monkeypatch.setenv("RUNICD_FIRMWARE_TINY", str(other))
    assert firmware.find("tiny").path == other


def test_a_firmware_that_is_not_built_says_how(add_board: AddBoard, tmp_path: Path) -> None:
    with pytest.raises(SimulatorError) as caught:
        firmware.find("tiny")
    assert str(caught.value) == (
        f"no firmware at {tmp_path}/build/tiny/firmware.elf; "
        "run `make firmware BOARD=tiny`, or set RUNICD_FIRMWARE_TINY"
    )


def test_a_missing_emulator_says_how_to_get_it(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SimulatorError, match=r"qemu-system-arm is not installed, .*apt-get"):
        firmware.find("tiny")


def test_without_the_repository_the_variable_is_named(
    add_board: AddBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(firmware, "repository", lambda: None)
    with pytest.raises(SimulatorError, match=r"installed without its repository; .*FIRMWARE_TINY"):
        firmware.find("tiny")


def test_without_any_boards_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(firmware, "boards_folder", lambda: None)
    with pytest.raises(UsageError, match="install runicd anew: its boards are gone"):
        firmware.find("unix")


def test_a_board_that_is_only_real_is_not_simulated(add_board: AddBoard) -> None:
    add_board("real", '[board]\nname = "real"\n[facts]\nheap_bytes = 1\n')
    assert firmware.boards() == ["tiny"]
    with pytest.raises(UsageError, match="'real' cannot be simulated; choose from tiny"):
        firmware.find("real")


@pytest.mark.parametrize(
    "text",
    [
        '[emulator]\nkind = "qemu"',
        BOARD.replace("qemu", "bochs"),
        BOARD.replace('machine = "mps2-an385"', ""),
        BOARD.replace("65536", '"much"'),
        BOARD.replace('firmware = "build/tiny/firmware.elf"', ""),
    ],
)
def test_a_description_that_lacks_something_is_named(add_board: AddBoard, text: str) -> None:
    add_board("odd", text)
    with pytest.raises(InputError, match=r"odd: board.toml does not say how to simulate"):
        firmware.find("odd")


def test_a_description_that_is_no_toml_is_named(add_board: AddBoard) -> None:
    add_board("odd", "[board")
    with pytest.raises(InputError, match=r"odd/board.toml: cannot be read"):
        firmware.find("tiny")


@pytest.mark.usefixtures("state_folder")
def test_a_microcontroller_has_no_more_heap_than_it_has(built: Path) -> None:
    with pytest.raises(UsageError, match="the heap of tiny has 65536 bytes; give --heap less"):
        boards.start(firmware.find("tiny"), Options(heap_bytes=100_000))
    assert boards.ids() == []


@pytest.mark.usefixtures("state_folder")
def test_a_firmware_that_qemu_cannot_load_is_an_error_with_its_words(built: Path) -> None:
    built.write_bytes(b"this is no ELF file" * 100)
    found = firmware.find("tiny")
    built.unlink()
    with pytest.raises(
        SimulatorError, match=r"ended with code 1: qemu-system-arm: .*firmware.elf"
    ):
        boards.start(found, Options())
    assert boards.ids() == []


def test_a_comma_in_an_argument_does_not_end_it() -> None:
    board = SimulatedBoard(
        "tiny-1", "tiny", "tiny-1", 0, "", ("told=a,b",), 65536, "f.elf", "mps2-an385"
    )
    command = qemu_command(board)
    given = command[command.index("-semihosting-config") + 1]
    assert given.endswith("arg=flash=flash.bin,arg=name=tiny-1,arg=told=a,,b")
