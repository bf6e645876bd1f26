"""The sensors and outputs that a Runefile can name, their parameters, and the types they give.

Old names and spellings are understood everywhere: `AUDIO` is SOUND, `--samples` of an
accelerometer was once `--n`, `-` and `_` mean the same. The board gets whole names only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from runicd.types import ArgValue, TensorType

Params = dict[str, int | float]

_I32_MAX = (1 << 31) - 1


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter of a capability; `aliases` are what older Runefiles call it."""

    name: str
    aliases: tuple[str, ...] = ()
    whole: bool = True
    minimum: int = 1


@dataclass(frozen=True, slots=True)
class Capability:
    """A kind of sensor; `code` is its number in the ABI, `wish` its permission in words."""

    kind: str
    code: int
    wish: str
    params: tuple[Param, ...]


_SOURCE = Param("source", minimum=0)
_SOUND_PARAMS = (
    Param("hz", ("sample_rate", "frequency")),
    Param("sample_duration_ms", ("sample_size_ms", "sample_size", "duration_ms"), whole=False),
    Param("sample_duration", ("sample_duration_s",), whole=False),
    Param("samples"),
    _SOURCE,
)

CAPABILITIES: dict[str, Capability] = {
    capability.kind: capability
    for capability in (
        Capability("RAND", 1, "take random numbers", (Param("amount", ("n", "count")),)),
        Capability("SOUND", 2, "listen to the microphone", _SOUND_PARAMS),
        Capability("ACCEL", 3, "read the accelerometer", (Param("samples", ("n",)), _SOURCE)),
        Capability(
            "IMAGE",
            4,
            "take pictures with the camera",
            (Param("width"), Param("height"), Param("pixel_format", minimum=0), _SOURCE),
        ),
        Capability("RAW", 5, "read raw data from an input", (Param("length"), _SOURCE)),
        Capability(
            "FLOAT_IMAGE",
            6,
            "take pictures with the camera, as floats",
            (Param("width"), Param("height"), Param("pixel_format", minimum=0), _SOURCE),
        ),
    )
}
KIND_NAMES: dict[str, str] = {
    **{kind: kind for kind in CAPABILITIES},
    **{kind.lower().replace("_", "-"): kind for kind in CAPABILITIES},
    "float_image": "FLOAT_IMAGE",
    "FLOAT-IMAGE": "FLOAT_IMAGE",
    "AUDIO": "SOUND",
    "audio": "SOUND",
    "ACCELEROMETER": "ACCEL",
    "RANDOM": "RAND",
}
"""Every spelling of a capability's kind and what it means."""

OUTPUTS: dict[str, int] = {"SERIAL": 1, "BLE": 2, "PIN": 3, "WIFI": 4, "TENSOR": 5}
OUTPUT_NAMES: dict[str, str] = {
    **{kind: kind for kind in OUTPUTS},
    **{kind.lower(): kind for kind in OUTPUTS},
}
BUILT_OUTPUTS = ("SERIAL", "TENSOR")
"""Kinds that boards carry; the others are reserved numbers in the ABI."""

PIXEL_FORMATS: dict[str, tuple[int, int]] = {"RGB": (0, 3), "BGR": (1, 3), "GrayScale": (2, 1)}
"""Name to number in the ABI and number of channels."""
_PIXEL_SPELLINGS = {
    "rgb": "RGB", "rgb8": "RGB", "bgr": "BGR", "bgr8": "BGR",
    "grayscale": "GrayScale", "greyscale": "GrayScale", "gray": "GrayScale", "gray8": "GrayScale",
}  # fmt: skip


class ParamError(ValueError):
    """A parameter's value is wrong; `name` is the parameter as the Runefile spells it."""

    def __init__(self, name: str, what: str, remedy: str) -> None:
        super().__init__(what)
        self.name = name
        self.what = what
        self.remedy = remedy


def find_param(capability: Capability, key: str) -> Param | None:
    """Return the parameter that a Runefile's key means, or None."""
    plain = key.replace("-", "_")
    for param in capability.params:
        if plain == param.name or plain in param.aliases:
            return param
    return None


def read_params(capability: Capability, args: Mapping[str, ArgValue]) -> tuple[Params, list[str]]:
    """Return the parameters by whole name, and the keys that mean nothing. Raises ParamError."""
    params: Params = {}
    unused = []
    for key, value in args.items():
        param = find_param(capability, key)
        if param is None:
            unused.append(key)
        elif param.name in params:
            raise ParamError(key, f'"{param.name}" is given twice', "keep one")
        else:
            params[param.name] = _value(param, key, value)
    if capability.kind == "SOUND":
        unused += _sound_duration(params)
    return params, unused


def _value(param: Param, key: str, value: ArgValue) -> int | float:
    if param.name == "pixel_format":
        return _pixel_format(key, value)
    number = _number(key, value)
    if param.whole and not isinstance(number, int):
        raise ParamError(key, f'"{key}" is {value}', "give a whole number")
    if not param.whole and not 0 < number <= _I32_MAX:
        raise ParamError(key, f'"{key}" is {value}', "give a number above 0")
    if param.whole and not param.minimum <= number <= _I32_MAX:
        raise ParamError(key, f'"{key}" is {value}', f"give a number of at least {param.minimum}")
    return number


def _number(key: str, value: ArgValue) -> int | float:
    """Read text as the original does: whole if it can be, else a float."""
    if isinstance(value, str):
        try:
            value = int(value)
        except ValueError:
            try:
                value = float(value)
            except ValueError:
                raise ParamError(key, f'"{key}" is "{value}"', "give a number") from None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not math.isfinite(value):
        raise ParamError(key, f'"{key}" is {value}', "give a finite number")
    return value


def _pixel_format(key: str, value: ArgValue) -> int:
    names = ", ".join(f"@PixelFormat::{name}" for name in PIXEL_FORMATS)
    text = str(value)
    if text in {str(code) for code, _ in PIXEL_FORMATS.values()}:
        return int(text)
    spelling = text.removeprefix("@").removeprefix("PixelFormat::").lower()
    if spelling not in _PIXEL_SPELLINGS:
        raise ParamError(key, f'"{text}" is no pixel format', f"use one of {names}")
    return PIXEL_FORMATS[_PIXEL_SPELLINGS[spelling]][0]


def _sound_duration(params: Params) -> list[str]:
    """Bring seconds or a number of samples to `sample_duration_ms`; return what was not needed."""
    seconds, samples = params.pop("sample_duration", None), params.pop("samples", None)
    if "sample_duration_ms" in params:
        return [
            name for name, value in (("sample_duration", seconds), ("samples", samples)) if value
        ]
    if seconds is not None:
        params["sample_duration_ms"] = _number("sample_duration", seconds * 1000)
        return ["samples"] if samples else []
    if samples is not None and "hz" in params:
        params["sample_duration_ms"] = _number("samples", samples * 1000 / params["hz"])
    return []


def sound_samples(params: Params) -> int:
    """Return how many samples one reading has."""
    return round(params["hz"] * params["sample_duration_ms"] / 1000)


def channels(params: Params) -> int:
    """Return how many bytes one pixel has."""
    code = params.get("pixel_format", 0)
    return next(count for number, count in PIXEL_FORMATS.values() if number == code)


def inferred_type(kind: str, params: Params) -> TensorType | None:
    """Return the type that a capability gives by its parameters; None when they do not say."""
    if kind == "RAND" and "amount" in params:
        return TensorType("u32", (1, int(params["amount"])))
    if kind == "SOUND" and {"hz", "sample_duration_ms"} <= params.keys():
        return TensorType("i16", (1, sound_samples(params)))
    if kind == "ACCEL" and "samples" in params:
        return TensorType("f32", (int(params["samples"]), 3))
    if kind in {"IMAGE", "FLOAT_IMAGE"} and {"width", "height"} <= params.keys():
        element = "u8" if kind == "IMAGE" else "f32"
        width, height = int(params["width"]), int(params["height"])
        return TensorType(element, (1, height, width, channels(params)))
    if kind == "RAW" and "length" in params:
        return TensorType("u8", (int(params["length"]),))
    return None


ELEMENTS_OF: dict[str, tuple[str, ...]] = {
    "RAND": ("u32", "f32", "i32", "u8", "i8", "u16", "i16", "u64", "i64", "f64"),
    "SOUND": ("i16",),
    "ACCEL": ("f32",),
    "IMAGE": ("u8",),
    "RAW": ("u8", "i8", "u16", "i16", "u32", "i32", "f32", "u64", "i64", "f64"),
    "FLOAT_IMAGE": ("f32",),
}
"""Element types that a capability can give, the usual one first."""


def complete_params(kind: str, params: Params, declared: TensorType) -> Params:
    """Return the parameters with those that a declared type settles."""
    full = dict(params)
    if kind == "RAND":
        full.setdefault("amount", declared.count)
    elif kind == "ACCEL":
        full.setdefault("samples", max(1, declared.count // 3))
    elif kind == "RAW":
        full.setdefault("length", declared.bytes)
    elif kind == "SOUND" and "hz" in full:
        full.setdefault("sample_duration_ms", _number("hz", declared.count * 1000 / full["hz"]))
    elif kind in {"IMAGE", "FLOAT_IMAGE"} and len(declared.dims) in {3, 4}:
        _complete_image(full, declared)
    return full


def _complete_image(full: Params, declared: TensorType) -> None:
    height, width, depth = declared.dims[-3:]
    full.setdefault("height", height)
    full.setdefault("width", width)
    if depth == 1:
        full.setdefault("pixel_format", PIXEL_FORMATS["GrayScale"][0])


def expected_count(kind: str, params: Params, element_bytes: int) -> int | None:
    """Return how many elements the parameters make a reading have; None when they do not say."""
    if kind == "RAW":
        return int(params["length"]) // element_bytes if "length" in params else None
    own = inferred_type(kind, params)
    return own.count if own else None


def missing_params(kind: str, params: Params) -> list[str]:
    """Return the parameters without which the sensor cannot be read."""
    needed = {
        "SOUND": ("hz", "sample_duration_ms"),
        "IMAGE": ("width", "height"),
        "FLOAT_IMAGE": ("width", "height"),
    }
    return [name for name in needed.get(kind, ()) if name not in params]
