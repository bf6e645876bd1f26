"""Running stock blocks in the firmware: a batch of cases in one process, results as arrays."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tests.board import run_ok

DTYPES = {
    "u8": np.uint8,
    "i8": np.int8,
    "u16": np.uint16,
    "i16": np.int16,
    "u32": np.uint32,
    "i32": np.int32,
    "f32": np.float32,
    "u64": np.uint64,
    "i64": np.int64,
}  # fmt: skip

SCRIPT = """
import dsp, json, sys
from binascii import hexlify, unhexlify

def tensor(item):
    return (item[0], tuple(item[1]), item[2])

def run(case):
    inputs = tuple(tensor(item) for item in case["inputs"])
    outputs = tuple(tensor(item) for item in case["outputs"])
    # JSON has no infinity and no NaN.
    arguments = eval(case["args"], {"inf": float("inf"), "nan": float("nan")})
    block = dsp.Block(case["block"], arguments, inputs, outputs)
    buffers = tuple(bytearray(item[2]) for item in outputs)
    results = []
    for data in case["data"]:
        if data is None:
            block.reset()
            continue
        # A bytearray of its own, so that the data is aligned.
        block.run((bytearray(unhexlify(data)),), buffers)
        shapes = [block.shape(i) for i in range(len(buffers))]
        results.append([shapes, [hexlify(buffer).decode() for buffer in buffers]])
    return results

with open(sys.argv[1]) as cases, open(sys.argv[2], "w") as answers:
    for line in cases:
        try:
            answer = run(json.loads(line))
        except (ValueError, TypeError, OverflowError, MemoryError) as error:
            answer = type(error).__name__ + ": " + str(error)
        answers.write(json.dumps(answer) + chr(10))
"""


@dataclass
class Case:
    """A block, its arguments, its tensors as (element, dims, bytes) and the input of each run."""

    block: str
    inputs: list[tuple[str, tuple[int, ...], int]]
    outputs: list[tuple[str, tuple[int, ...], int]]
    data: list[Any]  # arrays, lists of str, bytes; None resets the block
    args: dict[str, Any] = field(default_factory=dict)


def tensor(element: str, *dims: int, text_bytes: int = 0) -> tuple[str, tuple[int, ...], int]:
    count = int(np.prod(dims, dtype=np.int64))
    size = text_bytes if element == "utf8" else count * np.dtype(DTYPES[element]).itemsize
    return (element, dims, size)


def of_array(array: np.ndarray) -> tuple[str, tuple[int, ...], int]:
    element = next(name for name, dtype in DTYPES.items() if array.dtype == dtype)
    return (element, array.shape, array.nbytes)


def texts_to_bytes(texts: list[str]) -> bytes:
    return b"".join(text.encode() + b"\0" for text in texts)


def run_cases(cases: list[Case], folder: Path, heap: str = "16m") -> list[Any]:
    """For each case its runs, each a list of outputs, or the error's text."""
    questions, answers = folder / "cases", folder / "answers"
    questions.write_text("".join(json.dumps(_question(case)) + "\n" for case in cases))
    run_ok(SCRIPT, questions, answers, heap=heap)
    lines = answers.read_text().splitlines()
    assert len(lines) == len(cases)
    return [_answer(case, json.loads(line)) for case, line in zip(cases, lines, strict=True)]


def _question(case: Case) -> dict[str, Any]:
    data = [None if item is None else _to_bytes(item).hex() for item in case.data]
    return {
        "block": case.block,
        "args": repr(case.args),
        "inputs": case.inputs,
        "outputs": case.outputs,
        "data": data,
    }


def _to_bytes(item: Any) -> bytes:
    if isinstance(item, bytes):
        return item
    return texts_to_bytes(item) if isinstance(item, list) else item.tobytes()


def _answer(case: Case, answer: Any) -> Any:
    if isinstance(answer, str):
        return answer
    return [
        [
            _value(output[0], shape, bytes.fromhex(text))
            for output, shape, text in zip(case.outputs, shapes, texts, strict=True)
        ]
        for shapes, texts in answer
    ]


def _value(element: str, shape: list[int], data: bytes) -> Any:
    count = int(np.prod(shape, dtype=np.int64))
    if element == "utf8":
        return [text.decode() for text in data.split(b"\0")[:count]]
    return np.frombuffer(data, dtype=DTYPES[element])[:count].reshape(shape)
