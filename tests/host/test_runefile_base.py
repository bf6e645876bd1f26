"""FROM ./other.rune: what is inherited, replaced and dropped."""

from __future__ import annotations

from pathlib import Path

import pytest

from runicd.errors import RunefileError
from runicd.runefile.build import build
from runicd.runefile.emit_wasm import custom_section
from runicd.runefile.read_rune import RuneFile, read_rune
from tests.host.runefile_samples import dense_model, write

BASE = """\
version: 1
image: runicos/base
period_ms: 40
pipeline:
  motion: {capability: ACCEL, args: {samples: 1}}
  noise: {capability: RAND, args: {amount: 2}}
  scores: {model: base.tflite, inputs: [motion]}
  serial: {out: serial, inputs: [scores]}
  debug: {out: tensor, inputs: [noise]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a built base."""
    write(tmp_path, {"Base.yml": BASE, "base.tflite": dense_model((1, 3), 4)})
    (tmp_path / "base.rune").write_bytes(build(tmp_path / "Base.yml", name="base").data)
    (tmp_path / "base.tflite").unlink()
    return tmp_path


def extended(folder: Path, text: str) -> RuneFile:
    return read_rune(build(write(folder, {"Runefile": text}), name="more").data)


def test_how_results_are_rounded_is_inherited(folder: Path) -> None:
    text = "version: 1\nimage: ./base.rune\npipeline:\n  serial: {out: serial, inputs: [scores]}\n"
    assert extended(folder, text).manifest.rounding == "tflm-double"
    single = build(folder, name="base", rounding="tflm-single")
    (folder / "base.rune").write_bytes(single.data)
    assert extended(folder, text).manifest.rounding == "tflm-single"
    assert extended(folder, f"rounding: tflm-double\n{text}").manifest.rounding == "tflm-double"


def names(rune: RuneFile, kind: str) -> list[str]:
    assert rune.fields is not None
    return [record["name"] for record in rune.fields[kind]]


def test_a_stage_is_added_behind_an_inherited_one(folder: Path) -> None:
    rune = extended(
        folder,
        """\
version: 1
image: ./base.rune
pipeline:
  best: {proc-block: argmax, inputs: [scores]}
  serial: {out: serial, inputs: [best]}
""",
    )
    assert names(rune, "models") == ["scores"]
    assert rune.models == (dense_model((1, 3), 4),)
    # The base's outputs are replaced; what only they needed is gone, and its permission with it.
    assert names(rune, "outputs") == ["serial"]
    assert names(rune, "capabilities") == ["motion"]
    assert rune.fields is not None
    assert rune.fields["period_ms"] == 40


def test_old_forms_extend_too(folder: Path) -> None:
    text = "FROM ./base.rune\nPROC_BLOCK argmax best\nRUN scores best\nOUT serial\n"
    rune = extended(folder, text)
    assert names(rune, "blocks") == ["best"]
    assert names(rune, "models") == ["scores"]


def test_without_an_output_the_bases_stay(folder: Path) -> None:
    text = "version: 1\nimage: ./base.rune\npipeline:\n  more: {capability: RAND, args: {n: 1}}\n"
    rune = extended(folder, text)
    assert names(rune, "outputs") == ["serial", "debug"]
    assert names(rune, "capabilities") == ["motion", "noise", "more"]


def test_a_stage_of_the_same_name_takes_the_place_of_the_bases(folder: Path) -> None:
    (folder / "better.tflite").write_bytes(dense_model((1, 3), 4, weight=5))
    text = "FROM ./base.rune\nMODEL ./better.tflite scores\n"
    rune = extended(folder, text)
    assert rune.models == (dense_model((1, 3), 4, weight=5),)
    assert names(rune, "outputs") == ["serial", "debug"]


def test_a_chain_of_bases(folder: Path) -> None:
    extended(folder, "FROM ./base.rune\nPROC_BLOCK softmax soft\nRUN scores soft\nOUT serial\n")
    middle = build(folder / "Runefile", name="middle").data
    (folder / "middle.rune").write_bytes(middle)
    rune = extended(
        folder, "FROM ./middle.rune\nPROC_BLOCK argmax best\nRUN soft best\nOUT serial\n"
    )
    assert names(rune, "blocks") == ["soft", "best"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("FROM ./none.rune\nRUN a\nOUT serial\n", 'there is no file "./none.rune"'),
        ("FROM ./bass.rune\nRUN a\nOUT serial\n", 'did you mean "base.rune"'),
        (
            "FROM ./base.rune\nPROC_BLOCK argmax b\nRUN score b\nOUT serial\n",
            'did you mean "scores"',
        ),
    ],
)
def test_what_cannot_be_extended(folder: Path, text: str, fault: str) -> None:
    with pytest.raises(RunefileError, match=fault):
        extended(folder, text)


def test_a_rune_of_the_original_toolchain_cannot_be_extended(folder: Path) -> None:
    module = read_rune((folder / "base.rune").read_bytes()).module
    end = next(section.offset for section in module.sections if section.id == 0)
    original = module.data[:end] + custom_section(".rune_version", b'{"version":"0.11.3"}')
    (folder / "original.rune").write_bytes(original)
    with pytest.raises(RunefileError, match="made by the original toolchain"):
        extended(folder, "FROM ./original.rune\nRUN a\nOUT serial\n")
