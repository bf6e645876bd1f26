"""A version whose golden vector does not hold: cast, refused, and the one before runs again."""

import json
import shutil
from pathlib import Path

import pytest

from runicd.errors import SimulatorError
from runicd.sim import firmware
from tests.conftest import Command
from tests.flow.runes import SINE


@pytest.fixture(params=["unix", "mps2_an500"])
def target(request: pytest.FixtureRequest, command: Command) -> str:
    """A simulated board, and an emulated one where there is firmware for it."""
    try:
        firmware.find(request.param)
    except SimulatorError as missing:
        pytest.skip(str(missing))
    assert command("sim", "up", "--board", request.param).code == 0
    return f"{request.param}-1"


def test_a_failed_self_test_rolls_back_and_says_so(
    command: Command, target: str, tmp_path: Path
) -> None:
    # Not the Rune's name: `test` takes a folder of that name for the file.
    folder = tmp_path / "source"
    shutil.copytree(SINE, folder)
    build = ("build", folder, "-n", "sine")
    assert command(*build, "--release", "0.1.0", "-o", "good.rune").code == 0
    (vector,) = json.loads((folder / "golden.json").read_text())
    (folder / "golden.json").write_text(json.dumps([vector | {"outputs": {"serial": [0.25]}}]))
    assert command(*build, "--release", "0.2.0", "-o", "bad.rune").code == 0

    assert command("cast", "good.rune", "--period", "0", "-t", target).code == 0
    assert command("call", "sine", "-n", "3", "-t", target).code == 0
    assert command("test", "good.rune", "-t", target).out == "sine: self-test passed\n"

    bad = command("cast", "bad.rune", "--period", "0", "-t", target)
    assert bad.code == 5
    assert "sine went back to its version 0.1.0, as 0.2.0 failed: golden vector 0" in bad.err
    (row,) = json.loads(command("ps", "--json", "-t", target).out)
    assert (row["release"], row["state"]) == ("0.1.0", "waiting")
    assert command("test", "sine", "-t", target).out == "sine: self-test passed\n"
    assert command("call", "sine", "-t", target).code == 0
