"""Capabilities: every spelling, what they give, and what follows from a declared type."""

from __future__ import annotations

from pathlib import Path

import pytest

from runicd.errors import RunefileError
from runicd.runefile.build import build, check_runefile
from runicd.runefile.capabilities import CAPABILITIES, ParamError, inferred_type, read_params
from runicd.runefile.payload_size import record_bytes
from runicd.runefile.typed import TypedPipeline
from runicd.types import TensorType
from tests.host.runefile_samples import dense_model, write


def pipeline(folder: Path, line: str) -> TypedPipeline:
    name = next(word for word in line.split() if len(word) == 1)
    text = f"FROM runicos/base\n{line}\nRUN {name}\nOUT serial\n"
    return check_runefile(write(folder, {"Runefile": text}))


@pytest.mark.parametrize(
    ("line", "params", "type_"),
    [
        ("CAPABILITY RAND r --n 5", {"amount": 5}, "u32[1, 5]"),
        ("CAPABILITY rand r --amount=5", {"amount": 5}, "u32[1, 5]"),
        ("CAPABILITY<u8[2,3]> r RAND", {"amount": 6}, "u8[2, 3]"),
        ("CAPABILITY AUDIO a --hz 8000 --sample-size-ms 500",
         {"hz": 8000, "sample_duration_ms": 500}, "i16[1, 4000]"),
        ("CAPABILITY SOUND a --hz 8000 --sample_duration_ms 0.5",
         {"hz": 8000, "sample_duration_ms": 0.5}, "i16[1, 4]"),
        ("CAPABILITY sound a --hz 8000 --sample-duration 2",
         {"hz": 8000, "sample_duration_ms": 2000}, "i16[1, 16000]"),
        ("CAPABILITY AUDIO a --hz 16000 --samples 150",
         {"hz": 16000, "sample_duration_ms": 9.375}, "i16[1, 150]"),
        ("CAPABILITY<I16[16000]> a SOUND --hz 16000",
         {"hz": 16000, "sample_duration_ms": 1000}, "i16[16000]"),
        ("CAPABILITY ACCEL m --n 10", {"samples": 10}, "f32[10, 3]"),
        ("CAPABILITY<f32[10,3]> m accel", {"samples": 10}, "f32[10, 3]"),
        ("CAPABILITY<f32[1,30]> ACCEL m", {"samples": 10}, "f32[1, 30]"),
        ("CAPABILITY IMAGE i --width 4 --height 3", {"height": 3, "width": 4}, "u8[1, 3, 4, 3]"),
        ("CAPABILITY image i --width 4 --height 3 --pixel-format @PixelFormat::GrayScale",
         {"height": 3, "pixel_format": 2, "width": 4}, "u8[1, 3, 4, 1]"),
        ("CAPABILITY IMAGE i --width 4 --height 3 --pixel_format RGB8 --source 2",
         {"height": 3, "pixel_format": 0, "source": 2, "width": 4}, "u8[1, 3, 4, 3]"),
        ("CAPABILITY<u8[1,3,4,1]> i IMAGE",
         {"height": 3, "pixel_format": 2, "width": 4}, "u8[1, 3, 4, 1]"),
        ("CAPABILITY RAW r --length 8", {"length": 8}, "u8[8]"),
        ("CAPABILITY<f64[2]> r RAW", {"length": 16}, "f64[2]"),
        ("CAPABILITY<f32> r RAW --length 16", {"length": 16}, "f32[4]"),
        ("CAPABILITY FLOAT_IMAGE i --width 2 --height 2",
         {"height": 2, "width": 2}, "f32[1, 2, 2, 3]"),
        ("CAPABILITY float-image i --width 2 --height 2",
         {"height": 2, "width": 2}, "f32[1, 2, 2, 3]"),
    ],
)  # fmt: skip
def test_parameters_and_types(
    tmp_path: Path, line: str, params: dict[str, float], type_: str
) -> None:
    typed = pipeline(tmp_path, line)
    assert dict(typed.stages[0].args) == params
    assert str(typed.tensors[0]) == type_


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("CAPABILITY RAND r --n many", '"n" is "many"; give a number'),
        ("CAPABILITY RAND r --n 1.5", "give a whole number"),
        ("CAPABILITY RAND r --n 0", "at least 1"),
        ("CAPABILITY RAND r --n -5", "at least 1"),
        ("CAPABILITY RAND r --n 5000000000", "at least 1"),
        ("CAPABILITY RAND r --n 1 --amount 1", '"amount" is given twice'),
        ("CAPABILITY RAND r", "nothing says how much"),
        ("CAPABILITY RAW r", "nothing says how much"),
        ("CAPABILITY SOUND a --hz 8000", "does not say its sample_duration_ms"),
        ("CAPABILITY IMAGE i --width 5", "does not say its height"),
        ("CAPABILITY IMAGE i --width 5 --height 5 --pixel-format CMYK", "is no pixel format"),
        ("CAPABILITY<f32[1,5,5,3]> i IMAGE", "IMAGE does not give f32"),
        ("CAPABILITY<u8[1,5,5,3]> i IMAGE --width 4 --height 5", "but its arguments make 60"),
        ("CAPABILITY<f32[7]> m ACCEL", "but its arguments make 6"),
    ],
)
def test_what_is_wrong_with_one(tmp_path: Path, line: str, fault: str) -> None:
    with pytest.raises(RunefileError, match=fault) as caught:
        pipeline(tmp_path, line)
    assert len(caught.value.diagnostics) == 1
    assert caught.value.diagnostics[0].span.line == 2


def test_shapes_come_from_the_model_behind(tmp_path: Path) -> None:
    text = "FROM runicos/base\nCAPABILITY<f32[3]> r RAND\nMODEL m.tflite m\nRUN r m\nOUT serial\n"
    files = {"Runefile": text, "m.tflite": dense_model((1, 3))}
    assert str(check_runefile(write(tmp_path, files)).tensors[0]) == "f32[1, 3]"
    files["Runefile"] = text.replace("<f32[3]> r RAND", " RAND r")
    assert str(check_runefile(write(tmp_path, files)).tensors[0]) == "f32[1, 3]"


def test_unused_arguments_are_warned_about_with_a_hint(tmp_path: Path) -> None:
    text = (
        "FROM runicos/base\nCAPABILITY ACCEL m --sample 5 --samples 5 --zz 1\nRUN m\nOUT serial\n"
    )
    warnings = build(write(tmp_path, {"Runefile": text})).warnings
    assert [warning.what for warning in warnings] == [
        'Unused arguments for m: sample, zz; did you mean "samples"?'
    ]
    assert str(warnings[0]).startswith(f"{tmp_path / 'Runefile'}:2:29: warning: ")


def test_what_is_never_used_is_warned_about(tmp_path: Path) -> None:
    text = (
        "FROM runicos/base\nCAPABILITY RAND a --n 1\nCAPABILITY RAND b --n 1\nRUN a\nOUT serial\n"
    )
    warnings = build(write(tmp_path, {"Runefile": text})).warnings
    assert [warning.what for warning in warnings] == ['nothing takes what "b" gives']


def test_text_that_is_a_number_is_one() -> None:
    params, unused = read_params(
        CAPABILITIES["SOUND"], {"hz": "16000", "sample-duration-ms": "1e3"}
    )
    assert (params, unused) == ({"hz": 16000, "sample_duration_ms": 1000}, [])
    with pytest.raises(ParamError):
        read_params(CAPABILITIES["SOUND"], {"hz": "nan"})
    with pytest.raises(ParamError):
        read_params(CAPABILITIES["SOUND"], {"sample-duration-ms": "inf"})
    assert inferred_type("SOUND", {"hz": 16000}) is None


@pytest.mark.parametrize(
    ("kind", "inputs", "payload"),
    [
        ("SERIAL", [TensorType("f32", (1, 2))],
         ('{"type_name":"f32","channel":12,"elements":[-1.1754944e-38,-3.4028235e+38],'
         '"dimensions":[1,2]}')),
        ("SERIAL", [TensorType("i8", (3,)), TensorType("u64", (1,))],
         ('[{"type_name":"i8","channel":12,"elements":[-128,-128,-128],"dimensions":[3]},'
         '{"type_name":"u64","channel":12,"elements":[18446744073709551615],"dimensions":[1]}]')),
        ("SERIAL", [TensorType("utf8", (2,), 8)],
         ('{"type_name":"utf8","channel":12,"elements":["\\u0001\\u0001\\u0001","\\u0002"],'
         '"dimensions":[2]}')),
        ("SERIAL", [TensorType("f64", (1,))],
         '{"type_name":"f64","channel":12,"elements":[-2.2250738585072014e-308],"dimensions":[1]}'),
    ],
)  # fmt: skip
def test_the_largest_record_fits_the_bound(
    kind: str, inputs: list[TensorType], payload: str
) -> None:
    assert len(payload) <= record_bytes(kind, inputs, 12) <= len(payload) * 1.6


def test_a_tensor_record_has_its_exact_size() -> None:
    assert record_bytes("TENSOR", [TensorType("f32", (1, 2))], 3) == 4 + len("f32[1, 2]") + 8
