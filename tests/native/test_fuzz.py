"""Every fuzz target holds for a while; RUNIC_FUZZ_SECONDS says for how long (`make test`: 60)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fuzz import _wasm_rounds, host_wasm_cortex_m
from fuzz.__main__ import run_target, targets
from runicd.errors import SimulatorError
from runicd.sim.firmware import find
from tests.board import ROOT, SANITIZED_FIRMWARE

SECONDS = int(os.environ.get("RUNIC_FUZZ_SECONDS", "3"))


@pytest.fixture
def firmware() -> Path:
    if not SANITIZED_FIRMWARE.is_file():
        pytest.skip("no sanitised firmware; run `make firmware SANITIZE=1`")
    return SANITIZED_FIRMWARE


# Programs are built first, and a loaded machine takes its time.
@pytest.mark.timeout(SECONDS + 600)
@pytest.mark.parametrize("script", targets(), ids=lambda path: path.stem)
def test_a_fuzz_target_holds(script: Path, firmware: Path) -> None:
    if script.stem == "host_wasm_cortex_m":
        try:
            find(host_wasm_cortex_m.KIND)
        except SimulatorError as missing:
            pytest.skip(str(missing))
    assert run_target(script, firmware, seed=1, seconds=SECONDS)


@pytest.mark.parametrize(
    "script",
    ["import sys\nsys.exit(1)\n", "raise ValueError\n", "import machine\nmachine.mem32[0]\n"],
)
def test_a_target_that_fails_is_reported(script: str, firmware: Path, tmp_path: Path) -> None:
    target = tmp_path / "broken.py"
    target.write_text(script)
    assert not run_target(target, firmware, seed=1, seconds=1)


def test_a_wrong_result_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Every answer of this board is the same."""
    status = _wasm_rounds.run_batches(
        1, 60, lambda modules: [["no number"]] * len(modules), batch=2, most_pages=1
    )
    told = capsys.readouterr().out
    assert status == 1
    assert "gives no number, not " in told


def fuzz(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fuzz", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_an_unknown_target_is_one_line(firmware: Path) -> None:
    finished = fuzz("nosuch", "--firmware", str(firmware))
    assert (finished.returncode, finished.stdout) == (1, "fuzz: no target named nosuch\n")


def test_a_missing_firmware_says_how_to_build_it(tmp_path: Path) -> None:
    finished = fuzz("--firmware", str(tmp_path / "none"))
    assert finished.returncode == 1
    assert "make firmware SANITIZE=1" in finished.stdout
