"""Each emulated board: it says what it is, runs Runes, keeps them, and shares its line."""

import tomllib

import runicd
from runicd import targets
from runicd.sim import boards, firmware
from tests.board import ROOT
from tests.boards.conftest import KINDS, Emulate
from tests.conftest import Command
from tests.flow.runes import DIGITS, SINE
from tests.flow.test_repl import mpremote
from tests.rune_reference import digit, samples


def described(board: str) -> dict[str, dict[str, object]]:
    return tomllib.loads((ROOT / "boards" / board / "board.toml").read_text())


def test_every_board_that_qemu_can_emulate_is_tested() -> None:
    assert set(KINDS) == set(firmware.boards(emulated=True))


def test_a_board_is_what_its_description_says(emulate: Emulate, kind: str) -> None:
    board = emulate(kind)
    facts, said = board.facts(), described(kind)["facts"]
    for name in ("board", "chip", "provider", "outputs", "abi", "protocol"):
        assert facts[name] == said[name], name
    # The garbage collector's tables take their share of the heap.
    assert 0.95 * int(str(said["heap_bytes"])) < facts["heap_bytes"] <= said["heap_bytes"]
    assert facts["name"] == board.name == board.id == f"{kind}-1"
    with board.free_port():
        (found,) = targets.probe([targets.of_simulated(boards.find(board.id))])
    assert (found.type, found.available) == ("SERIAL", True)
    assert found.facts is not None and found.facts["chip"] == said["chip"]


def test_runes_run_with_their_samples_and_come_back(emulate: Emulate, kind: str) -> None:
    board = emulate(kind, image=samples("digits"))
    assert board.cast(SINE, period_ms=50).self_test == "passed"
    assert board.cast(DIGITS, period_ms=0).self_test == "passed"
    expected = [digit(path) for path in samples("digits")[:3]]
    assert [board.call("digits").value for _ in expected] == expected
    board.restart()
    states = {row["name"]: row["state"] for row in board.ps()}
    assert states == {"sine": "running", "digits": "waiting"}
    assert board.call("digits").value == expected[0]
    assert len(list(board.results("sine", count=2))) == 2


def test_the_line_serves_mpremote_and_runicd_in_turn(emulate: Emulate, kind: str) -> None:
    board = emulate(kind)
    board.cast(SINE, period_ms=50)
    before = board.ps()[0]["calls"]
    with board.free_port() as port:
        assert mpremote(port, "exec", "print(6 * 7)") == "42\n"
        with runicd.connect(board.id) as other:
            assert other.ps()[0]["calls"] > before
    assert board.ps()[0]["state"] == "running"


def test_boards_of_all_kinds_live_side_by_side(command: Command, emulate: Emulate) -> None:
    emulate()
    assert command("sim", "up", "--board", "mps2_an500", "-n", "2").code == 0
    assert command("sim", "up").code == 0
    for target in ("mps2_an500-2", "mps2_an500-3", "unix-1"):
        assert command("cast", SINE, "-t", target, "-q").code == 0
    listed = command("targets", "ls").out
    assert listed.count("Cortex-M7F") == 2
    assert command("sim", "down").code == 0
