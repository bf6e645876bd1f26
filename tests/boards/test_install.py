"""`runicd install`: RunicOS onto a board of plain MicroPython, as it is and where it cannot be."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from runicd.client import Client
from runicd.errors import InputError, LinkError, RefusedError
from runicd.install.install import install
from runicd.install.repl import Repl, open_repl
from runicd.targets import resolve
from tests.boards.plain import PlainBoard
from tests.conftest import Command
from tests.flow.runes import SINE

FILES = "import os\nprint(sorted(os.listdir('/')))"


@pytest.fixture
def board(tmp_path: Path) -> Iterator[PlainBoard]:
    folder = tmp_path / "plain"
    folder.mkdir()
    with PlainBoard(folder) as board:
        yield board


@pytest.fixture
def repl(board: PlainBoard) -> Iterator[Repl]:
    with open_repl(board.port) as repl:
        yield repl


def quiet(done: int, total: int) -> None:
    pass


def put(repl: Repl, *, force: bool = False) -> int:
    """Install; return how many files were sent."""
    return install(repl, None, quiet, force=force).sent


def test_a_plain_board_gets_runicos_and_runs_runes(board: PlainBoard, command: Command) -> None:
    first = command("install", "-t", board.port, "--json", timeout_s=120)
    assert first.code == 0, first.err
    told = json.loads(first.out)
    assert told["board"] == "mps2_an500"
    assert told["sent"] == told["files"] > 30
    assert command("cast", SINE, "-t", board.port).code == 0
    again = command("install", "-t", board.port)
    assert again.out == f"RunicOS {told['version']} for mps2_an500 serves; up to date\n"
    # What runs there is left alone, and comes back by itself.
    board.cut_power()
    with Client(resolve(board.port).connect, hello_s=20) as client:
        (row,) = client.rows("ps")
        assert (row["name"], row["state"]) == ("sine", "running")
        facts = client.request("facts")
    assert facts["board"] == "mps2_an500"
    assert facts["heap_free"] > 300_000


def test_only_what_differs_is_sent_and_what_is_left_over_goes(
    board: PlainBoard, command: Command
) -> None:
    assert command("install", "-t", board.port, timeout_s=120).code == 0
    with open_repl(board.port) as repl:
        repl.run("import os\nos.remove('/lib/sound.mpy')")
        repl.run("open('/lib/runicos/boot.mpy', 'ab').write(b'x')")
        repl.run("open('/lib/runicos/gone.mpy', 'wb').close()")
        repl.run("open('/lib/mine.py', 'wb').close()")
    ended = command("install", "-t", board.port, "--json", timeout_s=120)
    assert json.loads(ended.out)["sent"] == 2
    with open_repl(board.port) as repl:
        found = repl.run("import os\nprint(os.listdir('/lib'), os.listdir('/lib/runicos'))")
    assert "gone.mpy" not in found
    assert "mine.py" in found


def test_an_install_that_is_cut_off_starts_nothing_and_goes_on(board: PlainBoard) -> None:
    totals: list[int] = []

    def pull(done: int, total: int) -> None:
        totals.append(total)
        if done > total // 2:
            raise InterruptedError

    with pytest.raises(InterruptedError), open_repl(board.port) as repl:
        install(repl, None, pull, force=False)
    board.cut_power()
    with open_repl(board.port) as repl:
        assert "main.py" not in repl.run(FILES)
        done = install(repl, None, quiet, force=False)
        assert 0 < done.sent < done.files
        # Half of it was there, but for the file that was under way.
        assert done.sent_bytes < totals[0] * 3 // 5
        assert "main.py" in repl.run(FILES)


def test_a_main_py_of_the_user_is_kept(repl: Repl, board: PlainBoard, command: Command) -> None:
    repl.run("open('/main.py', 'w').write('print(7)\\n')")
    with pytest.raises(InputError) as refused:
        put(repl)
    assert "a main.py that is not RunicOS's" in str(refused.value)
    assert "--force" in str(refused.value)
    assert "'lib'" not in repl.run(FILES)
    assert put(repl, force=True) > 30
    kept = repl.run("print(open('/main_before_runicos.py').read())")
    assert kept.strip() == "print(7)"


def test_too_little_ram_is_told_in_bytes(repl: Repl) -> None:
    repl.run("import gc\ngc.collect()\nkeep = bytearray(gc.mem_free() - 60_000)")
    with pytest.raises(RefusedError) as refused:
        put(repl)
    (reason,) = refused.value.reasons
    assert reason.startswith("short by ")
    assert " bytes of RAM: " in reason
    assert "'lib'" not in repl.run(FILES)


def test_too_little_flash_is_told_in_bytes(repl: Repl) -> None:
    fill = "import os\nf = open('/big', 'wb')\n"
    fill += "for _ in range(os.statvfs('/')[4] - 20): f.write(bytes(4096))\nf.close()"
    repl.run(fill)
    with pytest.raises(RefusedError) as refused:
        put(repl)
    assert "bytes of flash: " in str(refused.value)
    assert "'lib'" not in repl.run(FILES)


def test_a_file_that_would_hide_one_of_ours_is_told(repl: Repl) -> None:
    repl.run("open('/hal.py', 'w').close()")
    with pytest.raises(InputError) as refused:
        put(repl)
    assert "/hal.py would be imported instead of RunicOS's" in str(refused.value)


def test_what_the_board_raises_is_told(repl: Repl) -> None:
    with pytest.raises(LinkError) as raised:
        repl.run("1 // 0")
    assert "ZeroDivisionError" in str(raised.value)
    with pytest.raises(LinkError):
        repl.ask("print('no json')")
    assert repl.ask("print('[1]')") == [1]


def test_a_board_that_is_not_known_by_its_chip_must_be_named(repl: Repl) -> None:
    with pytest.raises(InputError) as refused:
        install(repl, "nonesuch", quiet, force=False)
    assert "there is no board 'nonesuch'; choose from" in str(refused.value)


def test_a_board_whose_firmware_has_runicos_is_left_alone(command: Command) -> None:
    started = command("sim", "up", "--board", "mps2_an500")
    assert started.code == 0, started.err
    ended = command("install")
    assert ended.code == 1
    assert "RunicOS is in this board's firmware already" in ended.err
    assert command("ps").code == 0


def test_a_plain_board_is_started_and_gets_runicos_as_the_docs_show(command: Command) -> None:
    up = command("sim", "up", "--board", "mps2_an500", "--plain", "--name", "bare")
    assert up.code == 0, up.err
    assert up.out.startswith("bare is up (firmware without RunicOS): serial port /dev/")
    silent = command("ps", "-t", "bare")
    assert silent.code == 4
    assert "is no RunicOS board" in silent.err or "it is not a RunicOS board" in silent.err
    assert "`runicd install -t bare`" in silent.err
    done = command("install", "-t", "bare", timeout_s=120)
    assert done.code == 0, done.err
    assert command("cast", SINE, "-t", "bare").out.endswith("Running: sine (self-test passed)\n")
    assert command("sim", "restart", "bare").out.startswith("bare is up (firmware without")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--plain",), "unix has RunicOS built in; choose from mps2_an385, "),
        (("--plain", "--board", "mps2_an500", "--once"), "a plain board reads no sensors' files"),
    ],
)
def test_what_cannot_be_plain(command: Command, words: tuple[str, ...], said: str) -> None:
    ended = command("sim", "up", *words)
    assert ended.code == 2
    assert said in ended.err
