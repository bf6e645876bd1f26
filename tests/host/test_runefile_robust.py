"""Whatever stands in a Runefile, `build` makes a sound Rune or raises an error of its own."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
import wasmtime
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runicd.errors import InputError, RunefileError
from runicd.runefile.build import build
from runicd.runefile.read_rune import read_rune
from tests.host.runefile_samples import SINE_G0, SINE_G1, SINE_G2, dense_model, write
from tests.host.test_runefile_resources import TEXT

WORDS = [
    "RAND", "SOUND", "fft", "noise-filtering", "f32", "u8", "utf8", "[1, 1]", "[1960]", "rand",
    "sine", "mod360", "serial", "sine.1", "$MODEL", "1", "-1", "1e9", "true", "null", "''",
    "inputs", "args", "outputs", "proc-block", "model", "label", "quantize", "./sine.tflite",
    "99999999999", ".", "/", "./block.c", "--n", "<_,_>", "\\", '"', "{}", "[]", "&a", "*a",
    "!!binary", "\t",
]  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from([SINE_G0, SINE_G1, SINE_G2, TEXT]),
    st.lists(st.tuples(st.integers(0, 60), st.sampled_from(WORDS)), min_size=1, max_size=4),
)
def test_words_exchanged(text: str, changes: list[tuple[int, str]]) -> None:
    parts = text.split(" ")
    for at, word in changes:
        parts[at % len(parts)] = word + ("\n" if parts[at % len(parts)].endswith("\n") else "")
    with tempfile.TemporaryDirectory() as folder:
        _build_or_refuse(Path(folder), " ".join(parts))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from([SINE_G0, SINE_G1, SINE_G2, TEXT]),
    st.integers(0, 600),
    st.integers(0, 20),
    st.text(max_size=3),
)
def test_characters_exchanged(text: str, at: int, cut: int, put: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _build_or_refuse(Path(folder), text[:at] + put + text[at + cut :])


def _build_or_refuse(folder: Path, text: str) -> None:
    files = {"Runefile": text.encode("utf-8", "replace"), "sine.tflite": dense_model()}
    path = write(folder, files | {"models/m.tflite": dense_model((1, 3), 2), "labels.txt": "a\nb"})
    (folder / "extra").mkdir()
    try:
        data = build(path, name="robust").data
    except InputError as error:
        assert str(error)
        return
    read_rune(data)
    wasmtime.Module.validate(wasmtime.Engine(), data)


def chain(count: int) -> str:
    names = [f"s{index}" for index in range(count)]
    lines = [f"PROC_BLOCK softmax {name}" for name in names]
    run = " ".join(names)
    head = "FROM runicos/base\nCAPABILITY<f32[1,2]> r RAND\n"
    return head + "\n".join(lines) + f"\nRUN r {run}\nOUT serial\n"


def test_the_longest_pipeline_and_one_that_is_longer(tmp_path: Path) -> None:
    assert build(write(tmp_path, {"Runefile": chain(62)})).data
    with pytest.raises(RunefileError, match="65 stages are more than 64"):
        build(write(tmp_path, {"Runefile": chain(63)}))


def test_more_tensors_than_a_manifest_holds(tmp_path: Path) -> None:
    lines = [f"  s{n}: {{proc-block: segment_output, inputs: [data]}}" for n in range(40)]
    data = "  data: {capability: RAW, outputs: [{type: f32, dimensions: [1, 2, 2, 2]}]}"
    text = "\n".join(["version: 1", "image: runicos/base", "pipeline:", data, *lines, ""])
    with pytest.raises(InputError, match=r"the Rune's manifest\.tensors is not a list"):
        build(write(tmp_path, {"Runefile": text}))


def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    text = "FROM runicos/base\nCAPABILITY RAND r --n 1\nRUN r\nOUT serial\n"
    long = text.replace("RAND r", f"RAND {'r' * 300}").replace("RUN r", f"RUN {'r' * 300}")
    with pytest.raises(InputError, match="name is not text; make it smaller"):
        build(write(tmp_path, {"Runefile": long}))


def test_a_deeply_nested_yaml_file(tmp_path: Path) -> None:
    for text in (
        "[" * 200_000 + "]" * 200_000,
        "[" * 5000,
        "a: " * 3000,
        "{a: " * 5000,
        "version: 1\npipeline: " + "- " * 5000,
    ):
        with pytest.raises(InputError):
            build(write(tmp_path, {"Runefile.yml": text}))


def test_a_yaml_file_that_repeats_itself(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    text = "\n".join([*lines, "version: 1", "image: runicos/base", "pipeline: {s: *a11}"])
    with pytest.raises(RunefileError, match='stage "s" is not a map'):
        build(write(tmp_path, {"Runefile.yml": text}))


def test_a_file_that_is_too_large_and_one_that_is_a_folder(tmp_path: Path) -> None:
    with pytest.raises(RunefileError, match="are too many for a Runefile"):
        build(write(tmp_path, {"Runefile": b"#" * ((1 << 20) + 1)}))
    with pytest.raises(InputError, match="there is no Runefile here"):
        build(tmp_path / "..")
