"""What a Runefile says a call may take: read, inherited, overridden, and refused out of range."""

from __future__ import annotations

from pathlib import Path

import pytest

from runicd.errors import InputError
from runicd.inspect import inspect_rune, render
from runicd.runefile.build import build
from runicd.runefile.read_rune import read_rune
from tests.host.runefile_samples import write

TEXT = """\
version: 1
image: {image}
limits:
  call_ms: 250
pipeline:
  noise: {{capability: RAND, args: {{n: 4}}}}
  serial: {{out: serial, inputs: [noise]}}
"""
WITHOUT = TEXT.format(image="runicos/base").replace("limits:\n  call_ms: 250\n", "")
UPON_IT = "version: 1\nimage: ./base.rune\npipeline:\n  again: {out: serial, inputs: [noise]}\n"


def test_the_manifest_has_what_the_runefile_says(tmp_path: Path) -> None:
    runefile = write(tmp_path, {"Runefile.yml": TEXT.format(image="runicos/base")})
    data = build(runefile).data
    rune = read_rune(data)
    assert rune.fields is not None and rune.manifest is not None
    assert rune.fields["limits"] == {"call_ms": 250}
    assert rune.manifest.call_ms == 250
    assert "Call limit     250 ms" in render(inspect_rune(data))


def test_the_command_line_overrides_it(tmp_path: Path) -> None:
    runefile = write(tmp_path, {"Runefile.yml": TEXT.format(image="runicos/base")})
    assert build(runefile, call_limit_ms=9).manifest["limits"] == {"call_ms": 9}


def test_without_one_the_board_decides(tmp_path: Path) -> None:
    data = build(write(tmp_path, {"Runefile.yml": WITHOUT})).data
    manifest = read_rune(data).manifest
    assert manifest is not None and manifest.call_ms == 0
    assert "Call limit     as the board says: 5000 ms\n" in render(inspect_rune(data))


def test_it_is_inherited(tmp_path: Path) -> None:
    base = build(write(tmp_path, {"Runefile.yml": TEXT.format(image="runicos/base")}))
    upon = write(tmp_path, {"Other.yml": UPON_IT, "base.rune": base.data})
    assert build(upon).manifest["limits"] == {"call_ms": 250}


@pytest.mark.parametrize("call_ms", [0, -1, 600_001])
def test_a_limit_out_of_range_is_refused(tmp_path: Path, call_ms: int) -> None:
    runefile = write(tmp_path, {"Runefile.yml": WITHOUT})
    with pytest.raises(InputError, match="call_ms is 1 to 600000, not"):
        build(runefile, call_limit_ms=call_ms)
