"""mpremote, unchanged, on the line of an emulated board on which a Rune runs all the while."""

import contextlib
import http.server
import json
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pexpect
import pytest

import runicd
from runicd import Simulator
from tests.boards.conftest import Emulate
from tests.device.sim_board import SerialLine
from tests.device.test_mpremote import MPREMOTE
from tests.flow.runes import SINE
from tests.flow.test_repl import mpremote


@pytest.fixture
def board(emulate: Emulate) -> Iterator[Simulator]:
    """Give a board whose Rune has run before the test and runs after it."""
    board = emulate()
    board.cast(SINE, period_ms=20)
    yield board
    before = board.ps()[0]["calls"]
    # The first results may be older: they came while mpremote had the line.
    assert any(board.ps()[0]["calls"] > before for _ in board.results("sine", count=200))


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "hello.py").write_text("answer = 42\n")
    urls = {"urls": [["hello.py", "hello.py"]], "version": "1"}
    (folder / "package.json").write_text(json.dumps(urls))
    return folder


@pytest.fixture
def server(package: Path) -> Iterator[str]:
    """Serve the package on this machine."""
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(package))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_address[1]}/package.json"
        serving.shutdown()
        thread.join()


def test_exec_eval_and_run(board: Simulator, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("x = 1\n" * 300 + "import nn, dsp, wasm3\nprint('end')\n")
    with board.free_port() as port:
        assert mpremote(port, "exec", "print('ü' * 3)") == "üüü\n"
        assert mpremote(port, "eval", "2**100") == f"{2**100}\n"
        assert mpremote(port, "run", str(script)) == "end\n"


def test_files_are_listed_and_copied(board: Simulator, tmp_path: Path) -> None:
    here, back = tmp_path / "data.bin", tmp_path / "back.bin"
    here.write_bytes(bytes(range(256)) * 8)
    with board.free_port() as port:
        mpremote(port, "fs", "cp", str(here), ":data.bin")
        assert "2048 data.bin" in mpremote(port, "fs", "ls")
        mpremote(port, "fs", "cp", ":data.bin", str(back))
    assert back.read_bytes() == here.read_bytes()
    board.restart()
    with board.free_port() as port:
        assert "2048 data.bin" in mpremote(port, "fs", "ls")
        mpremote(port, "fs", "rm", ":data.bin")


def test_folders_are_copied_listed_mounted_and_removed(board: Simulator, package: Path) -> None:
    with board.free_port() as port:
        mpremote(port, "fs", "cp", "-r", str(package), ":")
        assert "hello.py" in mpremote(port, "fs", "tree", ":package")
        mpremote(port, "fs", "rm", "-r", ":package")
        assert "package" not in mpremote(port, "fs", "ls")
        code = "import hello; print(hello.answer)"
        assert "42\n" in mpremote(port, "mount", str(package), "exec", code)


def test_romfs_is_deployed_beside_the_runes(board: Simulator, package: Path) -> None:
    with board.free_port() as port:
        mpremote(port, "romfs", "--partition", "0", "deploy", str(package))
    board.restart()
    with board.free_port() as port:
        assert "hello.py" in mpremote(port, "fs", "ls", ":/rom")
        path = mpremote(port, "exec", "import sys; print(sys.path)")
        assert path == "['.frozen', '', '/lib', '/rom', '/rom/lib']\n"
        assert mpremote(port, "exec", "import hello; print(hello.answer)") == "42\n"


def test_mip_installs_from_a_folder_and_from_a_server(
    board: Simulator, package: Path, server: str
) -> None:
    code = "import hello; print(hello.answer)"
    with board.free_port() as port:
        for source in (str(package / "package.json"), server):
            mpremote(port, "mip", "install", source)
            assert mpremote(port, "exec", code) == "42\n"
            mpremote(port, "fs", "rm", ":/lib/hello.py")


def test_a_soft_reset_forgets_names_and_keeps_runes(board: Simulator) -> None:
    with board.free_port() as port:
        mpremote(port, "exec", "kept = 1")
        mpremote(port, "soft-reset")
        assert mpremote(port, "exec", "print('kept' in globals())") == "False\n"


def test_an_interactive_session_left_in_raw_mode(board: Simulator) -> None:
    with board.free_port() as port:
        session = pexpect.spawn(MPREMOTE[0], [*MPREMOTE[1:], "connect", port, "repl"], timeout=20)
        session.expect("Connected to MicroPython")
        session.send("\r6 * 7\r")
        session.expect("42\r\n>>> ")
        session.send("\x01")
        session.expect("raw REPL; CTRL-B to exit\r\n>")
        session.send("print('half")
        session.send("\x1d")
        session.expect(pexpect.EOF)
        session.close()
    assert board.ps()[0]["state"] == "running"
    with board.free_port() as port:
        assert mpremote(port, "exec", "print(1)") == "1\n"


def test_runicd_works_while_a_raw_session_stays_open(board: Simulator) -> None:
    with contextlib.closing(SerialLine(board.pty)) as session:
        session.write(b"\r\x03\x01print('half")
        assert board.cast(runicd.build(SINE, name="other")).self_test == "passed"
        assert {row["state"] for row in board.ps()} == {"running"}
        board.remove("other")
        with board.free_port():
            session.write(b" done')\x04")
            printed = b""
            while not printed.endswith(b"\x04>"):
                piece = session.read(5)
                assert piece, printed
                printed += piece
    assert printed.endswith(b"OKhalf done\r\n\x04\x04>")


def test_a_file_named_like_a_part_of_runicos_does_no_harm(
    board: Simulator, tmp_path: Path
) -> None:
    bad = tmp_path / "hal.py"
    bad.write_text("raise SystemExit\n")
    with board.free_port() as port:
        for name in ("hal.py", "sensors.py", "runicos.py"):
            mpremote(port, "fs", "cp", str(bad), f":{name}")
    board.restart()
    assert board.ps()[0]["state"] == "running"
