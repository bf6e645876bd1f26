"""What a Runefile says a call may take: read, inherited, overridden, and refused out of range."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from runicd.errors import InputError, RunefileError
from runicd.inspect import inspect_rune, render
from runicd.runefile.build import build
from runicd.runefile.read_rune import read_rune
from runicd.runefile.rewrite import convert_runefile, format_runefile
from runicd.runefile.source import Source, read_source
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


LIMITED = {
    "call_ms": 250,
    "log_bytes_per_s": 512,
}
FORMS = {
    "Paper": """\
FROM runicos/base
LIMIT call_ms 250
CAPABILITY RAND noise --n 4 --reads-per-s 3 # thrice
LIMIT log-bytes-per-s 512
RUN noise
OUT serial --bytes-per-s 9000
""",
    "Typed": """\
FROM runicos/base
CAPABILITY<u8[4]> noise RAND --n 4 --reads_per_s=3
RUN noise
OUT serial --bytes_per_s 9000
LIMIT call_ms 250
LIMIT log_bytes_per_s 512
""",
    "Runefile.yml": """\
version: 1
image: runicos/base
limits: {call_ms: 250, log_bytes_per_s: 512}
pipeline:
  noise: {capability: RAND, args: {n: 4, reads_per_s: 3}}
  serial: {out: serial, inputs: [noise], args: {bytes_per_s: 9000}}
""",
}


def built(folder: Path, name: str, text: str, **options: Any) -> Mapping[str, Any]:
    path = write(folder, {name: text})
    manifest = build(path, name="limited", unsigned=True, **options).manifest
    assert manifest is not None
    return manifest


@pytest.mark.parametrize("name", FORMS)
def test_every_form_states_every_limit(tmp_path: Path, name: str) -> None:
    manifest = built(tmp_path, name, FORMS[name])
    assert manifest["limits"] == LIMITED
    (capability,), (output,) = manifest["capabilities"], manifest["outputs"]
    assert (capability["reads_per_s"], output["bytes_per_s"]) == (3, 9000)
    assert "reads_per_s" not in capability["params"]


@pytest.mark.parametrize("name", ["Paper", "Typed"])
def test_fmt_and_convert_keep_them(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, {name: FORMS[name]})
    tidied = format_runefile(read_source(path))
    assert format_runefile(Source(str(path), tidied)) == tidied
    assert ("# thrice" in tidied) == ("# thrice" in FORMS[name])
    assert built(tmp_path, name, tidied) == built(tmp_path, name, FORMS[name])
    converted = convert_runefile(path)
    assert built(tmp_path, "Converted.yml", converted) == built(tmp_path, name, FORMS[name])


def test_rates_are_inherited_as_far_as_they_were_stated(tmp_path: Path) -> None:
    for name, text in FORMS.items():
        base = build(write(tmp_path, {name: text}), unsigned=True)
        upon = UPON_IT.replace("again", "serial")
        manifest = built(write(tmp_path, {"base.rune": base.data}).parent, "Other.yml", upon)
        assert manifest["limits"] == LIMITED
        assert manifest["capabilities"][0]["reads_per_s"] == 3
        # The output is one of its own.
        assert manifest["outputs"][0]["bytes_per_s"] == manifest["outputs"][0]["bytes"]
    plain = build(write(tmp_path, {"Runefile.yml": WITHOUT}), unsigned=True)
    write(tmp_path, {"base.rune": plain.data})
    manifest = built(tmp_path, "Other.yml", UPON_IT, period_ms=100)
    assert manifest["capabilities"][0]["reads_per_s"] == 10


BAD = [
    ("Paper", "LIMIT call_ms 250", "LIMIT call_ms 0", "2:15: call_ms is 0; give a whole number"),
    ("Paper", "LIMIT call_ms 250", "LIMIT call_ms soon", "2:15: call_ms is soon; give a whole"),
    ("Paper", "LIMIT call_ms 250", "LIMIT call_ms", "2:7: LIMIT has no number; write LIMIT"),
    ("Paper", "LIMIT call_ms 250", "LIMIT calls 2", '2:7: "calls" is no limit of a Rune; did you'),
    ("Paper", "LIMIT log-bytes-per-s 512", "LIMIT call_ms 5", '"call_ms" comes twice; keep one'),
    ("Paper", "LIMIT call_ms 250", "LIMIT reads_per_s 2", "it is an argument of a capability"),
    ("Paper", "--reads-per-s 3", "--reads-per-s often", '3:43: "reads-per-s" is often; give a'),
    ("Typed", "--reads_per_s=3", "--reads_per_s=0", '"reads_per_s" is 0; give a whole number'),
    ("Typed", "--bytes_per_s 9000", "--bytes_per_s 2147483648", "give a whole number from 1 to"),
    ("Typed", "--bytes_per_s 9000", "--bytes_per_s 5", '"serial" may take bytes_per_s 5, and its'),
    ("Typed", "--reads_per_s=3", "--reads_per_s 3 --reads-per-s 4", "is given twice; keep one"),
    ("Runefile.yml", "call_ms: 250", "call_ms: [5]", "3:19: call_ms is no number; give a whole"),
    ("Runefile.yml", "call_ms: 250", "bytes_per_s: 5", "it is an argument of an output"),
    ("Runefile.yml", "reads_per_s: 3", "reads_per_s: 1.5", '"reads_per_s" is 1.5; give a whole'),
    ("Runefile.yml", "bytes_per_s: 9000", "byte_per_s: 9000", "Unused arguments for serial: byte"),
]


@pytest.mark.parametrize(("name", "old", "new", "said"), BAD)
def test_a_bad_value_says_what_where_and_what_to_do(
    tmp_path: Path, name: str, old: str, new: str, said: str
) -> None:
    assert old in FORMS[name]
    path = write(tmp_path, {name: FORMS[name].replace(old, new)})
    if said.startswith("Unused"):
        # A typing error among arguments is a warning, as it is anywhere else.
        assert said in str(build(path, unsigned=True).warnings[0])
        return
    with pytest.raises(RunefileError) as caught:
        build(path, unsigned=True)
    assert said in str(caught.value)


def test_a_rate_below_what_the_period_takes_is_refused_with_what_it_takes(tmp_path: Path) -> None:
    said = "take reads_per_s 3, and its calls every 100 ms take 10"
    with pytest.raises(RunefileError, match=said):
        built(tmp_path, "Paper", FORMS["Paper"], period_ms=100)
    assert built(tmp_path, "Paper", FORMS["Paper"], period_ms=0)["outputs"][0]["bytes_per_s"]


def test_a_runefile_states_its_security_counter(tmp_path: Path) -> None:
    text = WITHOUT.replace("pipeline:", "security_counter: 7\npipeline:", 1)
    runefile = write(tmp_path, {"Runefile.yml": text})
    rune = build(runefile)
    assert rune.manifest is not None
    assert rune.manifest["security_counter"] == 7
    assert inspect_rune(rune.data).security_counter == 7
    assert build(runefile, security_counter=8).manifest["security_counter"] == 8
    plain = build(write(tmp_path, {"Runefile.yml": WITHOUT}))
    assert "security_counter" not in plain.manifest
    assert build(runefile, security_counter=0).manifest == plain.manifest


@pytest.mark.parametrize("counter", ["-1", "x", "1.5", "99999999999", "[1]"])
def test_a_security_counter_out_of_range_is_a_fault(tmp_path: Path, counter: str) -> None:
    text = WITHOUT.replace("pipeline:", f"security_counter: {counter}\npipeline:", 1)
    runefile = write(tmp_path, {"Runefile.yml": text})
    with pytest.raises(RunefileError, match="security_counter is no number from 0 to"):
        build(runefile)
