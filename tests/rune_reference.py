"""What each Rune must say: its pipeline in the blocks' reference and TensorFlow Lite Micro."""

from __future__ import annotations

import wave
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from runicd.blocks.reference import ReferenceBlock
from runicd.blocks.table import find_block, resolve_arguments
from runicd.model.read_tflite import read_tflite
from tests.host.model_samples import run_reference
from tests.shape.repository import ROOT

RUNES = ROOT / "runes"
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
GESTURES = ("rest", "circle", "shake", "swing", "tap")
WORDS = ("silence", "unknown", "yes", "no", "up", "down", "left", "right", "stop", "go")


def model_bytes(rune: str) -> bytes:
    """The one model of a Rune."""
    (path,) = (RUNES / rune).glob("*.tflite")
    return path.read_bytes()


def samples(rune: str) -> list[Path]:
    """A Rune's sample inputs, in the order in which a board reads a folder."""
    return sorted((RUNES / rune / "samples").iterdir())


def block(name: str, **given: object) -> ReferenceBlock:
    """A stock block with its arguments."""
    spec = find_block(name)
    return ReferenceBlock(spec.name, resolve_arguments(spec, given), ("i8",))


def run_block(name: str, value: NDArray[Any], **given: object) -> NDArray[Any]:
    """What a fresh block gives."""
    return np.asarray(block(name, **given).run(value)[0])


def quantize(model: bytes, values: NDArray[Any]) -> NDArray[Any]:
    """The block `quantize` with the model's own scale, as a Runefile without arguments has it."""
    read = read_tflite(model)
    source = read.tensors[read.inputs[0]]
    given = {"scale": source.scale, "zero_point": source.zero_point}
    return run_block("quantize", values, **given).reshape(source.shape)


def dequantize(model: bytes, values: NDArray[Any]) -> NDArray[Any]:
    """The block `dequantize` with the model's own scale."""
    read = read_tflite(model)
    result = read.tensors[read.outputs[0]]
    return run_block("dequantize", values, scale=result.scale, zero_point=result.zero_point)


def best(model: bytes, values: NDArray[Any]) -> int:
    """The index of the largest score; of equal ones the first."""
    return int(run_reference(model, values)[0].reshape(-1).argmax())


def digit_input(pixels: NDArray[np.uint8]) -> NDArray[Any]:
    """The model's input i8[1, 8, 8, 1] for a picture u8[8, 8]."""
    fraction = run_block("image-normalization", pixels.reshape(1, 8, 8, 1))
    return quantize(model_bytes("digits"), fraction)


def digit(path: Path) -> str:
    """What `digits` says of a grey 8x8 picture."""
    return DIGITS[best(model_bytes("digits"), digit_input(np.asarray(Image.open(path))))]


def gesture(path: Path) -> str:
    """What `gesture` says of a CSV file of 128 readings."""
    model, readings = model_bytes("gesture"), np.loadtxt(path, np.float32, delimiter=",")
    return GESTURES[best(model, quantize(model, readings))]


def sine(number: int) -> float:
    """What `sine` says of a random u32."""
    turn = run_block("image-normalization", np.array([[number]], np.uint32))
    return float(run_reference(model_bytes("sine"), turn)[0][0, 0])


def sine_int8(path: Path) -> float:
    """What `sine_int8` says of a file of one f32."""
    model, turn = model_bytes("sine_int8"), np.frombuffer(path.read_bytes(), "<f4")
    (value,) = run_reference(model, quantize(model, turn.reshape(1, 1)))
    return float(dequantize(model, value)[0, 0])


def read_wav(path: Path) -> NDArray[np.int16]:
    """A second of sound, i16[1, 16000]. Raises ValueError for any other."""
    with wave.open(str(path)) as reader:
        shape = (reader.getframerate(), reader.getnchannels(), reader.getsampwidth())
        if shape != (16000, 1, 2) or reader.getnframes() != 16000:
            raise ValueError(f"{path} is not a second of 16-bit mono at 16 kHz")
        return np.frombuffer(reader.readframes(16000), "<i2").reshape(1, -1)


def listen(paths: Iterable[Path]) -> list[str]:
    """What a freshly started `microspeech` says of these seconds, one after another."""
    model, fft, noise = model_bytes("microspeech"), block("fft"), block("noise-filtering")
    heard = []
    for path in paths:
        spectrum = np.asarray(fft.run(read_wav(path))[0])
        features = np.asarray(noise.run(spectrum)[0])
        heard.append(WORDS[best(model, features)])
    return heard
