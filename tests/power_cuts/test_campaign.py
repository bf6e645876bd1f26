"""A share of the power cuts here, all in `make soak`; two other ways must be found bad."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.board import ROOT

# Of so many cuts one is made; 1 makes all of them.
EVERY = int(os.environ.get("RUNICD_POWER_CUTS_EVERY", "8"))


def campaign(*arguments: object) -> dict[str, Any]:
    """Run the campaign in a process of its own, as it changes modules."""
    command = [sys.executable, "-m", "tests.power_cuts.campaign", *map(str, arguments)]
    paths = os.pathsep.join(str(ROOT / folder) for folder in (".", "host", "device"))
    ended = subprocess.run(
        command,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=None if EVERY == 1 else 110,
        env=os.environ | {"PYTHONPATH": paths},
    )
    assert ended.stdout, ended.stderr
    told: dict[str, Any] = json.loads(ended.stdout)
    assert ended.returncode == (1 if told["bad"] else 0)
    return told


@pytest.mark.timeout(0)
def test_power_cuts_leave_the_version_before_or_after() -> None:
    told = campaign("--every", EVERY)
    print(told)
    assert told["bad"] == 0, told["first_bad"]
    assert len(told["cuts"]) == 12
    assert sum(told["cuts"].values()) > 4000 / EVERY
    assert told["second_cuts"] > 2000 / EVERY
    assert told["sharing"] > 1000 / EVERY


@pytest.mark.parametrize("variant", ["in-place", "remove-first"])
def test_a_store_that_overwrites_or_removes_first_is_found_bad(variant: str) -> None:
    told = campaign("--every", 7, "--variant", variant)
    assert told["bad"] > 5
