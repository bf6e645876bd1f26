"""A cast whose version fails: the one before it runs again, and whoever cast it is told."""

from pathlib import Path

import pytest

from tests.conftest import Command
from tests.device.runes import EMPTY_CALL, EMPTY_MANIFEST, assembled

TRAP = '(func (export "_call") (param i32 i32 i32) (result i32) unreachable)'


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A version that works and a newer one that does not."""
    good, bad = tmp_path / "good.rune", tmp_path / "bad.rune"
    good.write_bytes(assembled("small", EMPTY_MANIFEST + EMPTY_CALL, release="0.1.0"))
    bad.write_bytes(assembled("small", EMPTY_MANIFEST + TRAP, release="0.2.0"))
    return good, bad


def test_a_cast_that_goes_back_says_so(command: Command, files: tuple[Path, Path]) -> None:
    command("sim", "up")
    assert command("cast", files[0], "--period", "0").code == 0
    assert command("call", "small", "-n", "3").code == 0
    ended = command("cast", files[1], "--period", "20")
    assert ended.code == 5
    assert "small went back to its version 0.1.0, as 0.2.0 failed: [trap] unreach" in ended.err
    assert "as 0.2.0 failed" in command("ps").out
    assert command("call", "small").code == 0


def test_an_owner_goes_back_and_forth(command: Command, files: tuple[Path, Path]) -> None:
    command("sim", "up")
    command("cast", files[0], "--period", "0")
    none = command("rollback", "small")
    assert none.code == 1
    assert "small has no previous version on the board" in none.err
    command("call", "small", "-n", "3")
    newer = assembled("small", EMPTY_MANIFEST + EMPTY_CALL, release="0.3.0")
    files[1].write_bytes(newer)
    command("cast", files[1], "--period", "0")
    assert "0.1.0" in command("ps").out
    command("call", "small", "-n", "3")
    for release in ("0.1.0", "0.3.0"):
        back = command("rollback", "small")
        assert back.code == 0
        assert f"small is back at version {release}, waiting" in back.out
