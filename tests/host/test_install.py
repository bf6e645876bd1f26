"""What `runicd install` sends: each board's modules, compiled for its MicroPython."""

import os
import pty
import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from serial.tools import list_ports

from runicd.errors import InputError, LinkError, RefusedError, RunicError, ToolMissing
from runicd.install import install as installing
from runicd.install import modules as found
from runicd.install.modules import Compiled, Module, compile_modules, find_board, modules
from runicd.install.repl import open_repl
from runicd.ports import no_such_port
from tests.board import ROOT
from tests.conftest import Command

BOARDS = sorted(
    path.parent.name
    for path in (ROOT / "boards").glob("*/board.toml")
    if path.parent.name != "unix"
)


@pytest.mark.parametrize("board", BOARDS)
def test_every_board_gets_runicos_and_its_own_drivers(board: str) -> None:
    paths = [module.path for module in modules(board)]
    assert "/lib/runicos/boot.mpy" in paths
    assert "/lib/runicos/contract/wire.mpy" in paths
    assert "/lib/hal.mpy" in paths
    assert "/lib/board_toml.mpy" in paths
    assert len(set(paths)) == len(paths)
    assert not [path for path in paths if Path(path).stem in ("main", "_boot", "_runicos")]
    assert all(module.source.is_file() for module in modules(board))


def test_everything_that_hal_imports_is_there_or_native() -> None:
    paths = {module.path for module in modules("mps2_an500")}
    for name in ("sensors", "recordings", "feeding", "sound", "picture"):
        assert f"/lib/{name}.mpy" in paths


@pytest.mark.parametrize("board", BOARDS)
def test_a_board_is_known_by_its_chip(board: str) -> None:
    described = tomllib.loads((ROOT / "boards" / board / "board.toml").read_text())
    chip = described["facts"]["chip"]
    assert find_board(chip, None) == board
    assert find_board(chip.replace("-", "").upper(), None) == board


def test_an_unknown_chip_needs_a_name() -> None:
    with pytest.raises(InputError, match=r"0 known boards have the chip 'Z80'"):
        find_board("Z80", None)
    assert find_board("Z80", "pico2") == "pico2"
    with pytest.raises(InputError, match="there is no board 'unix'"):
        find_board("simulated", "unix")


def test_modules_are_compiled_for_the_boards_version() -> None:
    compiled = compile_modules(modules("mps2_an500")[-3:], 6)
    assert b"failures_max" in compiled[-1].data
    assert all(file.data[:2] == b"M\x06" for file in compiled)
    # A later sub-version or native code would show here: bytecode of any architecture is wanted.
    assert all(file.data[2] & ~3 == 0 for file in compiled)


def test_a_version_that_no_compiler_makes_is_told() -> None:
    with pytest.raises(ToolMissing) as missing:
        compile_modules([], 5)
    assert "there is no mpy-cross that makes .mpy files of version 5" in str(missing.value)
    assert "makes version 6" in str(missing.value)


def test_a_module_that_does_not_compile_is_named(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text("def (:\n")
    with pytest.raises(RunicError, match=r"bad\.py: does not compile \(SyntaxError") as fault:
        compile_modules([Module(bad, "/lib/bad.mpy")], 6)
    assert str(bad) in str(fault.value)


def test_a_compiler_that_cannot_be_run_is_told(tmp_path: Path) -> None:
    broken = tmp_path / "mpy-cross"
    broken.write_text("no program")
    broken.chmod(0o755)
    with pytest.raises(RunicError, match="cannot be run"):
        found._version_of(broken)


def test_every_module_that_is_lacking_is_a_reason() -> None:
    with pytest.raises(RefusedError) as refused:
        installing._check_modules({"lacking": ["wasm3", "dsp"]}, "port")
    assert refused.value.reasons == (
        "module wasm3 is not in its firmware",
        "module dsp is not in its firmware",
    )
    installing._check_modules({"lacking": []}, "port")


def test_room_is_counted_in_whole_blocks_and_ram_only_where_nothing_runs() -> None:
    files = [Compiled("/lib/a.mpy", bytes(5000))]
    told = {"flash_free": 12_287, "ram_free": 31_575, "running": False}
    with pytest.raises(RefusedError) as refused:
        installing._check_room(told, files, files, "port")
    assert refused.value.reasons == (
        "short by 1 bytes of flash: 12288 needed, 12287 available",
        "short by 1 bytes of RAM: 31576 needed, 31575 available",
    )
    installing._check_room(told | {"flash_free": 12_288, "running": True}, files, files, "port")
    installing._check_room(told | {"ram_free": 31_576}, files, [], "port")


@pytest.fixture
def deaf_port() -> Iterator[str]:
    """Return a port on which everything that is typed comes back, as from a shell."""
    master, slave = pty.openpty()
    stop = threading.Event()

    def echo() -> None:
        while not stop.is_set():
            try:
                os.write(master, b"$ " + os.read(master, 100))
            except OSError:
                return

    thread = threading.Thread(target=echo, daemon=True)
    thread.start()
    yield os.ttyname(slave)
    stop.set()
    os.close(slave)
    os.close(master)


def test_a_port_without_micropython_is_told(deaf_port: str) -> None:
    with pytest.raises(LinkError, match="no MicroPython prompt answers"), open_repl(deaf_port):
        pass


@pytest.mark.parametrize("verb", ["install", "ps"])
def test_a_port_that_is_not_there_is_told_with_those_that_are(command: Command, verb: str) -> None:
    ended = command(verb, "-t", "/dev/ttyNone0")
    assert ended.code == 4
    ports = sorted(port.device for port in list_ports.comports())
    there = f"there are {', '.join(ports[:6])}" if ports else "there is no serial port here"
    assert ended.err.startswith(f"runicd: /dev/ttyNone0: there is no such port; {there}")
    assert ended.err.count("\n") == 1


def test_ports_are_named_but_not_all_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    ports = [SimpleNamespace(device=f"/dev/ttyS{number}") for number in range(9)]
    monkeypatch.setattr(list_ports, "comports", lambda: ports)
    assert str(no_such_port("/dev/ttyACM0")) == (
        "/dev/ttyACM0: there is no such port; there are "
        "/dev/ttyS0, /dev/ttyS1, /dev/ttyS2, /dev/ttyS3, /dev/ttyS4, /dev/ttyS5 ..."
    )


def test_an_address_is_no_port(command: Command) -> None:
    assert command("install", "-t", "127.0.0.1:1").code == 2
