"""Runefiles of all three forms become Runes: one pipeline, sound wasm, the same bytes twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import wasmtime

from runicd.errors import InputError, RunefileError
from runicd.names import rune_name
from runicd.runefile.build import build, check_runefile
from runicd.runefile.read_rune import read_rune
from runicd.types import Rune
from runicos.contract import rune_manifest
from tests.host.runefile_samples import (
    SINE_G0,
    SINE_G1,
    SINE_G2,
    built,
    dense_model,
    two_headed_model,
    write,
)


@pytest.mark.parametrize("text", [SINE_G0, SINE_G1, SINE_G2], ids=["G0", "G1", "G2"])
def test_every_form_gives_the_same_manifest(tmp_path: Path, text: str) -> None:
    rune = built(tmp_path, {"Runefile": text, "sine.tflite": dense_model()})
    fields = rune.fields
    assert fields is not None
    assert fields["stages"] == [["capability", 0], ["block", 0], ["model", 0], ["output", 0]]
    assert [tensor["type"] for tensor in fields["tensors"]] == ["f32", "f32", "f32"]
    assert [tensor["offset"] for tensor in fields["tensors"]] == [0, None, None]
    assert fields["capabilities"] == [
        {"name": "rand", "kind": "RAND", "params": {"amount": 1}, "tensor": 0, "reads_per_s": 1}
    ]
    assert fields["blocks"][0]["block"] == "modulo"
    assert fields["blocks"][0]["args"] == {"modulus": 360.0}
    assert fields["models"][0]["ops"] == ["FULLY_CONNECTED:float32"]
    assert fields["period_ms"] == 1000
    rune_manifest.parse(dict(fields))


def test_the_papers_listing_builds(tmp_path: Path) -> None:
    text = """\
FROM runicos/base
CAPABILITY AUDIO audio --hz 16000 --samples 150 --sample-size 1500
PROC_BLOCK runicos/fft fft
MODEL ./example.tflite model --input [150,1] --output 1
RUN audio fft model
OUT serial
"""
    path = write(tmp_path, {"Runefile": text, "example.tflite": dense_model((1, 1960), 6, "i8")})
    rune = build(path)
    fields = rune.manifest
    assert fields is not None
    # The fft of that time did the noise filtering too; the model wants i8.
    assert [block["block"] for block in fields["blocks"]] == ["fft", "noise-filtering"]
    params = fields["capabilities"][0]["params"]
    assert params == {"hz": 16000, "sample_duration_ms": 1500}
    assert fields["tensors"][0] == {
        "type": "i16",
        "dims": [1, 24000],
        "bytes": 48000,
        "offset": 0,
    }
    assert fields["period_ms"] == 1500
    warnings = [str(warning) for warning in rune.warnings]
    assert any("Unused arguments for audio: samples" in warning for warning in warnings)
    assert any("[_[150, 1]]" in warning and "i8[1, 1960]" in warning for warning in warnings)


def test_typed_form_with_old_fft_and_labels(tmp_path: Path) -> None:
    text = """\
FROM runicos/base
CAPABILITY<I16[16000]> audio SOUND --hz 16000 --sample-duration-ms 1000
PROC_BLOCK<I16[16000],I8[1960]> fft hotg-ai/rune#proc_blocks/fft
MODEL<I8[1960],I8[6]> model ./model.tflite
PROC_BLOCK<I8[6],UTF8> label hotg-ai/rune#proc_blocks/ohv_label \\
    --labels=silence,unknown,up,down,left,right
RUN audio fft model label
OUT SERIAL
"""
    rune = built(tmp_path, {"Runefile": text, "model.tflite": dense_model((1, 1960), 6, "i8")})
    assert rune.fields is not None
    assert [block["block"] for block in rune.fields["blocks"]] == [
        "fft",
        "noise-filtering",
        "ohv_label",
    ]
    assert rune.fields["tensors"][-1]["type"] == "utf8"
    assert rune.fields["tensors"][-1]["bytes"] == len("unknown") + 1


def test_lines_with_and_without_types_may_be_mixed(tmp_path: Path) -> None:
    text = """\
FROM runicos/base
CAPABILITY<f32[1,1]> rand RAND
PROC_BLOCK modulo mod --modulus 360
MODEL<_,f32[1,1]> sine sine.tflite
RUN rand mod sine
OUT serial
"""
    rune = built(tmp_path, {"Runefile": text, "sine.tflite": dense_model()})
    assert rune.fields is not None
    assert [stage["name"] for stage in rune.fields["blocks"]] == ["mod"]


def test_several_inputs_and_outputs(tmp_path: Path) -> None:
    text = """\
version: 1
image: runicos/base
pipeline:
  a: {capability: RAW, outputs: [{type: f32, dimensions: [1, 4]}]}
  b: {capability: RAW, outputs: [{type: f32, dimensions: [1, 4]}], args: {source: 1}}
  heads: {model: heads.tflite, inputs: [a, b]}
  best: {proc-block: most_confident_indices, inputs: [heads.1]}
  all: {out: serial, inputs: [heads, heads.1, best]}
  raw: {out: tensor, inputs: [a]}
"""
    rune = built(tmp_path, {"Runefile": text, "heads.tflite": two_headed_model()})
    fields = rune.fields
    assert fields is not None
    assert fields["models"][0]["inputs"] == [0, 1]
    assert fields["models"][0]["outputs"] == [2, 3]
    assert fields["outputs"][0]["inputs"] == [2, 3, 4]
    assert fields["outputs"][1]["kind"] == "TENSOR"
    # `a` is sent too, so it cannot live in the model's own input; `b` can.
    assert [tensor["offset"] is None for tensor in fields["tensors"]] == [
        False,
        True,
        True,
        True,
        False,
    ]
    assert fields["capabilities"][1]["params"] == {"length": 16, "source": 1}


def test_lifetimes_share_the_arena(tmp_path: Path) -> None:
    text = """\
FROM runicos/base
CAPABILITY ACCEL motion --samples 100
PROC_BLOCK normalize first
PROC_BLOCK normalize second
PROC_BLOCK normalize third
RUN motion first second third
OUT serial
"""
    rune = built(tmp_path, {"Runefile": text})
    assert rune.fields is not None
    assert [tensor["offset"] for tensor in rune.fields["tensors"]] == [0, 1200, 0, 1200]
    assert rune.fields["arena_bytes"] == 2400


def test_wasm_is_valid_small_and_asks_for_no_more_than_it_uses(tmp_path: Path) -> None:
    data = build(write(tmp_path, {"Runefile": SINE_G2, "sine.tflite": dense_model()})).data
    wasmtime.Module.validate(wasmtime.Engine(), data)
    rune = read_rune(data)
    code = sum(section.bytes for section in rune.module.sections if section.id)
    assert code < 1024
    names = [(one.module, one.name) for one in rune.module.imports]
    assert names == [
        ("env", "request_capability"),
        ("env", "request_capability_set_param"),
        ("env", "request_output"),
        ("runic", "model_open"),
        ("runic", "run"),
    ]
    no_model = "FROM runicos/base\nCAPABILITY RAND r --n 4\nRUN r\nOUT serial\n"
    other = built(tmp_path, {"Runefile": no_model})
    assert "model_open" not in [one.name for one in other.module.imports]


def test_calling_the_wasm_asks_the_host_as_the_manifest_says(tmp_path: Path) -> None:
    text = """\
version: 1
image: runicos/base
pipeline:
  camera:
    capability: IMAGE
    args: {width: 8, height: 4, pixel-format: "@PixelFormat::GrayScale"}
  sound: {capability: SOUND, args: {hz: 8000, sample_duration_ms: 12.5}}
  shown: {out: serial, inputs: [camera, sound]}
"""
    data = build(write(tmp_path, {"Runefile": text})).data
    calls, store = [], wasmtime.Store()
    module = wasmtime.Module(store.engine, data)
    i32 = wasmtime.ValType.i32()

    def host(name: str, count: int) -> wasmtime.Func:
        def record(*arguments: int) -> int:
            calls.append((name, arguments))
            return len(calls)

        return wasmtime.Func(store, wasmtime.FuncType([i32] * count, [i32]), record)

    functions = [host(one.name, len(one.type.params)) for one in module.imports]
    instance = wasmtime.Instance(store, module, functions)
    exports = instance.exports(store)
    assert exports["_manifest"](store) == 1
    memory = exports["memory"]
    seen = []
    for name, arguments in calls:
        if name == "request_capability_set_param":
            key = bytes(memory.read(store, arguments[1], arguments[1] + arguments[2]))
            value = bytes(memory.read(store, arguments[3], arguments[3] + arguments[4]))
            seen.append((key.decode(), value, arguments[5]))
    assert seen == [
        ("height", b"\4\0\0\0", 1),
        ("pixel_format", b"\2\0\0\0", 1),
        ("width", b"\10\0\0\0", 1),
        ("hz", b"\x40\x1f\0\0", 1),
        ("sample_duration_ms", b"\0\0\x48\x41", 2),
    ]
    calls.clear()
    exports["_call"](store, 0, 0, 0)
    assert calls == [("run", (0, 3))]


def test_models_are_aligned_in_the_file_and_shared_when_equal(tmp_path: Path) -> None:
    text = """\
version: 1
image: runicos/base
pipeline:
  rand: {capability: RAND, outputs: [{type: f32, dimensions: [1, 1]}]}
  one: {model: a.tflite, inputs: [rand]}
  two: {model: b.tflite, inputs: [one]}
  three: {model: c.tflite, inputs: [two]}
  serial: {out: serial, inputs: [three]}
"""
    files = {
        "a.tflite": dense_model(),
        "b.tflite": dense_model(weight=3),
        "c.tflite": dense_model(),
    }
    rune = built(tmp_path, {"Runefile": text, **files})
    assert rune.models == (files["a.tflite"], files["b.tflite"])
    assert rune.fields is not None
    assert [model["section"] for model in rune.fields["models"]] == [0, 1, 0]
    for model in rune.models:
        assert rune.module.data.index(model) % 16 == 0


@pytest.mark.parametrize("size", range(0, 400, 7))
def test_alignment_holds_whatever_the_sizes(tmp_path: Path, size: int) -> None:
    text = SINE_G2.replace("mod360", "m" * (1 + size % 50)).replace("rand", "r" * (1 + size % 31))
    rune = built(
        tmp_path,
        {
            "Runefile": text,
            "sine.tflite": dense_model(outputs=1 + size % 4) if size % 4 == 0 else dense_model(),
        },
    )
    assert rune.module.data.index(rune.models[0]) % 16 == 0


def test_bytes_are_the_same_in_another_folder_and_process(tmp_path: Path) -> None:
    files = {"Runefile": SINE_G2, "sine.tflite": dense_model()}
    first = build(write(tmp_path / "one", files), name="sine").data
    path = write(tmp_path / "other", files)
    code = (
        "import sys\nfrom runicd.runefile.build import build\n"
        f"sys.stdout.buffer.write(build({str(path)!r}, name='sine').data)"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert other.stdout == first


def test_a_stock_build_imports_nothing_heavy(tmp_path: Path) -> None:
    path = write(tmp_path, {"Runefile": SINE_G0, "sine.tflite": dense_model()})
    code = (
        "import sys\nfrom runicd.runefile.build import build\n"
        f"build({str(path)!r})\n"
        "print([name for name in ('numpy', 'wasmtime', 'rich') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "[]"


def test_name_period_and_release_can_be_given(tmp_path: Path) -> None:
    path = write(tmp_path / "My Rune", {"Runefile": SINE_G2, "sine.tflite": dense_model()})
    assert build(path).name == "my-rune"
    rune = build(path.parent, name="other", period_ms=0, release="2.1.0")
    assert rune.manifest is not None
    assert (rune.manifest["name"], rune.manifest["period_ms"]) == ("other", 0)
    assert rune.manifest["release"] == "2.1.0"
    with pytest.raises(InputError, match="is no name for a Rune"):
        build(path, name="Not A Name")


def rounding_of(rune: Rune) -> object:
    return read_rune(rune.data).manifest.rounding


def test_how_results_are_rounded_is_written_by_name(tmp_path: Path) -> None:
    files = {"Runefile": SINE_G2, "sine.tflite": dense_model()}
    path = write(tmp_path, files)
    assert rounding_of(build(path)) == "tflm-double"
    assert rounding_of(build(path, rounding="tflm-single")) == "tflm-single"
    with pytest.raises(InputError, match=r'"nearest" is no rounding; known: tflm-double, tflm-s'):
        build(path, rounding="nearest")
    path = write(tmp_path, files | {"Runefile": SINE_G2 + "rounding: tflm-single\n"})
    assert rounding_of(build(path)) == "tflm-single"
    assert rounding_of(build(path, rounding="tflm-double")) == "tflm-double"
    path = write(tmp_path, files | {"Runefile": SINE_G2 + "rounding: tflm-singel\n"})
    with pytest.raises(RunefileError, match='"tflm-singel" is no rounding; did you mean "tflm-s'):
        build(path)


def test_yaml_may_say_period_and_release(tmp_path: Path) -> None:
    text = SINE_G2 + "period_ms: 250\nrelease: 1.4.2\n"
    rune = built(tmp_path, {"Runefile": text, "sine.tflite": dense_model()})
    assert rune.fields is not None
    assert (rune.fields["period_ms"], rune.fields["release"]) == (250, "1.4.2")


def test_names_become_names_of_runes() -> None:
    assert rune_name("Person Detection!") == "person-detection"
    assert rune_name("___") == "rune"
    assert rune_name("x" * 99) == "x" * 63


def test_a_folder_without_a_runefile(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no Runefile here"):
        build(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        build(tmp_path / "Runefile")


def test_rand_takes_the_type_that_the_stages_after_it_need(tmp_path: Path) -> None:
    text = "FROM runicos/base\nCAPABILITY RAND rand --n 4\n{}RUN rand {}\nOUT serial\n"
    plain = check_runefile(write(tmp_path, {"Runefile": text.format("", "")}))
    assert str(plain.tensors[0]) == "u32[1, 4]"
    block = text.format("PROC_BLOCK softmax s\n", "s")
    assert str(check_runefile(write(tmp_path, {"Runefile": block})).tensors[0]) == "f32[1, 4]"


def test_quantize_takes_its_scale_from_the_model(tmp_path: Path) -> None:
    text = """\
FROM runicos/base
CAPABILITY RAND rand --n 3
PROC_BLOCK quantize quantised
MODEL m.tflite model
PROC_BLOCK dequantize real
RUN rand quantised model real
OUT serial
"""
    rune = built(tmp_path, {"Runefile": text, "m.tflite": dense_model((1, 3), 2, "i8")})
    assert rune.fields is not None
    assert [block["args"] for block in rune.fields["blocks"]] == [
        {"scale": 0.5, "zero_point": -3},
        {"scale": 0.25, "zero_point": 7},
    ]


def test_a_type_that_cannot_be_is_one_fault(tmp_path: Path) -> None:
    text = SINE_G2.replace(
        "type: F32\n        dimensions: [1, 1]\n  mod360", "type: utf8\n  mod360"
    )
    with pytest.raises(RunefileError) as caught:
        build(write(tmp_path, {"Runefile": text, "sine.tflite": dense_model()}))
    assert "RAND does not give utf8" in str(caught.value)


def test_runefiles_of_other_names_give_their_runes_theirs(tmp_path: Path) -> None:
    folder = tmp_path / "app"
    write(folder, {"Runefile": SINE_G2, "Paper.yml": SINE_G2, "sine.tflite": dense_model()})
    assert build(folder).name == "app"
    assert build(folder / "Runefile").name == "app"
    assert build(folder / "Paper.yml").name == "paper"


def test_a_missing_resource_causes_no_second_fault(tmp_path: Path) -> None:
    text = """version: 1
image: runicos/base
pipeline:
  noise: {capability: RAND, outputs: [{type: f32, dimensions: [1, 10]}]}
  label: {proc-block: ohv_label, inputs: [noise], args: {wordlist: $LABELS}}
  serial: {out: serial, inputs: [label]}
resources:
  $LABELS: {path: ./nowhere.txt}
"""
    write(tmp_path, {"Runefile.yml": text})
    with pytest.raises(RunefileError) as caught:
        build(tmp_path)
    (fault,) = caught.value.diagnostics
    assert fault.what == 'there is no file "./nowhere.txt"'
