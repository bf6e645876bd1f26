"""board.toml in the firmware: the module that is frozen, and who may say otherwise."""

import ast
import tomllib

import pytest

from runicd.install.board_module import TABLES, main, text_of
from tests.board import ROOT, run_script

BOARDS = sorted(path.parent.name for path in (ROOT / "boards").glob("*/board.toml"))


def tables_of(text: str) -> dict[str, dict[str, object]]:
    assigned = [node for node in ast.parse(text).body if isinstance(node, ast.Assign)]
    return {
        node.targets[0].id.lower(): dict(ast.literal_eval(node.value))  # type: ignore[attr-defined]
        for node in assigned
    }


@pytest.mark.parametrize("board", BOARDS)
def test_the_module_says_what_board_toml_says(board: str) -> None:
    described = tomllib.loads((ROOT / "boards" / board / "board.toml").read_text("utf-8"))
    assert tables_of(text_of(described)) == {name: described.get(name, {}) for name in TABLES}


def test_every_board_states_the_same_limits() -> None:
    stated = {
        board: tomllib.loads((ROOT / "boards" / board / "board.toml").read_text("utf-8"))
        for board in BOARDS
    }
    assert len({frozenset(described["limits"]) for described in stated.values()}) == 1


@pytest.mark.parametrize("table", [[1], {"call_ms": 1.5}, {"call_ms": [1]}])
def test_what_is_no_constant_is_refused(table: object) -> None:
    with pytest.raises(ValueError, match="holds more than numbers and texts"):
        text_of({"limits": table})


def test_a_module_that_would_not_change_is_left_alone(tmp_path) -> None:
    source, target = tmp_path / "board.toml", tmp_path / "made" / "board_toml.py"
    source.write_text("[limits]\ncall_ms = 5\n")
    main(str(source), str(target))
    target.touch()
    stamp = target.stat().st_mtime_ns
    main(str(source), str(target))
    assert target.stat().st_mtime_ns == stamp
    source.write_text("[limits]\ncall_ms = 6\n")
    main(str(source), str(target))
    assert "('call_ms', 6)" in target.read_text()


def test_the_firmware_knows_its_limits_and_an_option_goes_before() -> None:
    described = tomllib.loads((ROOT / "boards" / "unix" / "board.toml").read_text("utf-8"))
    finished = run_script(
        "import sim\n"
        "from runicos.limits import limit\n"
        "options = sim.parse(['--flash', '/', '--limit', 'restart_ms=7'])\n"
        "class Board:\n"
        "    given_limit = options.limits.get\n"
        "print(limit(Board, 'restart_ms'), limit(Board, 'call_ms'), limit(None, 'restart_ms'))\n"
    )
    limits = described["limits"]
    assert finished.output.split() == ["7", str(limits["call_ms"]), str(limits["restart_ms"])]
