"""The emulated boards' flash: NOR's rules, its limits, and the machine's file that keeps it."""

import os
import signal

import pytest

from runicd.errors import SimulatorError
from runicd.sim import boards
from tests.boards.emulated import EmulatedBoard

_BODIES_AT = 5 << 20
_FLASH_BYTES = 8 << 20


@pytest.mark.parametrize("bad", ["(3, 1, 4096, 100)", "(3, 1, 100, 4096)", "(4, 1, 8, bytes(16))"])
def test_flash_refuses_what_is_not_whole(board: EmulatedBoard, bad: str) -> None:
    assert board.run(f"import vfs\nprint(vfs.rom_ioctl{bad})") == "-22\n"


@pytest.mark.parametrize(
    "beyond",
    [
        *("(3, 1, 3145728, 4096)", "(3, 1, -4096, 4096)", "(3, 1, 3145729)", "(3, 1, -1)"),
        *("(4, 1, 3145728, bytes(16))", "(4, 1, -16, bytes(16))", "(2, 2)", "(2, -1)"),
    ],
)
def test_flash_ends_where_it_ends(board: EmulatedBoard, beyond: str) -> None:
    assert board.run(f"import vfs\nprint(vfs.rom_ioctl{beyond})") == "-22\n"


def test_flash_programs_by_clearing_bits(board: EmulatedBoard) -> None:
    printed = board.run(
        "import vfs\n"
        "view = vfs.rom_ioctl(2, 1)\n"
        "at = len(view) - 4096\n"
        "print(vfs.rom_ioctl(3, 1, at, 4096), view[at], vfs.rom_ioctl(6, 1))\n"
        "vfs.rom_ioctl(4, 1, at, b'\\xf0' * 16)\n"
        "vfs.rom_ioctl(4, 1, at, b'\\x3c' * 16)\n"
        "print(view[at], view[at + 16])"
    )
    assert printed == "16 255 4096\n48 255\n"


@pytest.mark.parametrize("block", [1024, -1, 1 << 20, (1 << 20) + 5])
def test_the_block_device_ends_where_it_ends(board: EmulatedBoard, block: int) -> None:
    """Not even where the block's place would not fit 32 bits, and begin anew at 0."""
    printed = board.run(
        "import mps\n"
        "files, bytes_ = mps.Files(), bytearray(4096)\n"
        f"print(files.ioctl(6, {block}), files.readblocks({block}, bytes_),\n"
        f"    files.writeblocks({block}, bytes_), files.readblocks(0, bytes_, 4096))\n"
        "files.readblocks(0, bytes_)\n"
        "print(b'littlefs' in bytes_)"
    )
    assert printed == "-22 -22 -22 -22\nTrue\n"


def test_a_flash_file_that_was_cut_short_is_made_whole(board: EmulatedBoard) -> None:
    """What nobody programmed is ones, also where the machine's file did not reach."""
    board.run("open('/kept.txt', 'w').close()")
    os.kill(board.board.pid, signal.SIGKILL)
    flash = board.board.folder / "flash.bin"
    os.truncate(flash, 4 << 20)
    board.cut_power()
    board.run("import vfs\nvfs.rom_ioctl(4, 1, 65536, bytes(16))")
    board.cut_power()
    assert board.run(
        "import os, vfs\n"
        "view = vfs.rom_ioctl(2, 1)\n"
        "print('kept.txt' in os.listdir('/'), view[65536], view[65535], view[65552])"
    ) == ("True 0 255 255\n")
    assert flash.stat().st_size == _FLASH_BYTES
    assert flash.read_bytes()[_BODIES_AT : _BODIES_AT + 65536] == b"\xff" * 65536


def test_files_that_cannot_be_mounted_are_made_anew_and_that_is_said(board: EmulatedBoard) -> None:
    os.kill(board.board.pid, signal.SIGKILL)
    flash = board.board.folder / "flash.bin"
    with flash.open("r+b") as file:
        file.write(bytes(2 * 4096))
    board.cut_power()
    assert board.run("import os\nprint('kept.txt' in os.listdir('/'))") == "False\n"
    log = board.board.folder / "log.txt"
    assert log.read_text().count("the files could not be read (") == 1


def test_a_flash_file_that_cannot_be_used_stops_the_board(board: EmulatedBoard) -> None:
    flash = board.board.folder / "flash.bin"
    kept = flash.with_name("kept.bin")
    os.kill(board.board.pid, signal.SIGKILL)
    flash.rename(kept)
    for make in (lambda: flash.write_bytes(bytes(_FLASH_BYTES + 1)), flash.mkdir):
        make()
        with pytest.raises(SimulatorError, match="the flash's file cannot be used"):
            boards.restart(board.board)
        assert not boards.find(board.board.id, dead_too=True).serves
        flash.rmdir() if flash.is_dir() else flash.unlink()
    kept.rename(flash)
    board.cut_power()
