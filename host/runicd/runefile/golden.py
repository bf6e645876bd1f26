"""Golden vectors: what a Rune must give for known inputs; boards check them after a cast.

`golden.json` beside the Runefile holds a list of vectors, each with "inputs" by capability,
"outputs" by output, and a "tolerance". Data is a (nested) list, or the path of a file that the
sensor could have read; it becomes exactly the bytes that the board's own driver would deliver.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from runicd.errors import InputError
from runicd.files import read_bytes
from runicd.runefile.sensor_files import read_sensor_file
from runicd.runefile.typed import TypedPipeline, TypedStage
from runicd.types import ELEMENT_FORMATS, TensorType

DEFAULT_TOLERANCE = 1e-5
_KEYS = ("name", "inputs", "outputs", "tolerance")


def load_golden(path: Path, pipeline: TypedPipeline) -> list[dict[str, Any]]:
    """Return the vectors of a `golden.json`, ready for the Rune. Raises InputError."""
    return [vector.encode(given) for vector, given in _vectors(path, pipeline)]


def golden_inputs(path: Path, pipeline: TypedPipeline) -> list[dict[str, bytes]]:
    """Return the inputs alone, by capability: outputs may be missing. Raises InputError."""
    return [vector.encode_inputs(given) for vector, given in _vectors(path, pipeline)]


def read_vectors(path: Path) -> list[Any]:
    """Return what a `golden.json` lists, unchecked. Raises InputError."""
    try:
        value = json.loads(read_bytes(path))
    except (ValueError, RecursionError) as error:
        raise InputError(f"is no JSON: {error}", where=str(path)) from None
    vectors = value.get("vectors", [value]) if isinstance(value, dict) else value
    if not isinstance(vectors, list):
        raise InputError(
            "is no list of vectors", where=str(path), remedy='write [{"inputs": …, "outputs": …}]'
        )
    return vectors


def _vectors(path: Path, pipeline: TypedPipeline) -> Iterator[tuple[_Vector, object]]:
    for index, given in enumerate(read_vectors(path)):
        yield _Vector(path.parent, f"{path}: vector {index}", pipeline), given


class _Vector:
    """Encodes one vector; `where` names it in messages."""

    def __init__(self, folder: Path, where: str, pipeline: TypedPipeline) -> None:
        self.folder = folder
        self.where = where
        self.pipeline = pipeline

    def fail(self, what: str, remedy: str = "") -> InputError:
        """Return the error to raise."""
        return InputError(what, where=self.where, remedy=remedy)

    def encode(self, vector: object) -> dict[str, Any]:
        """Return the map that a `runic.golden` section holds."""
        inputs = self.encode_inputs(vector)
        assert isinstance(vector, dict)
        outputs = self._named(vector, "outputs", self.pipeline.of_kind("output"))
        return {
            "inputs": inputs,
            "outputs": {stage.name: self._output(stage, data) for stage, data in outputs},
            "tolerance": self._tolerance(vector),
        }

    def encode_inputs(self, vector: object) -> dict[str, bytes]:
        """Return each capability's bytes."""
        if not isinstance(vector, dict):
            raise self.fail("is no object", 'write {"inputs": …, "outputs": …}')
        unknown = sorted(set(vector) - set(_KEYS))
        if unknown:
            raise self.fail(f'"{unknown[0]}" is unknown', f"a vector has {', '.join(_KEYS)}")
        inputs = self._named(vector, "inputs", self.pipeline.of_kind("capability"))
        return {stage.name: self._input(stage, data) for stage, data in inputs}

    def _tolerance(self, vector: Mapping[str, Any]) -> float:
        tolerance = vector.get("tolerance", DEFAULT_TOLERANCE)
        is_number = isinstance(tolerance, int | float) and not isinstance(tolerance, bool)
        if not is_number or not 0 <= tolerance < 1:
            raise self.fail("the tolerance is no number from 0 to 1")
        return float(tolerance)

    def _named(
        self, vector: Mapping[str, Any], key: str, stages: list[TypedStage]
    ) -> Iterator[tuple[TypedStage, Any]]:
        """Pair each stage with its data; all must be there, and nothing else."""
        given = vector.get(key)
        names = [stage.name for stage in stages]
        if not isinstance(given, dict):
            raise self.fail(f'"{key}" is no object', f"give data for {', '.join(names)}")
        for name in given:
            if name not in names:
                raise self.fail(f'{key}: there is no "{name}"', f"there is {', '.join(names)}")
        for stage in stages:
            if stage.name not in given:
                raise self.fail(f'{key}: "{stage.name}" is missing')
            yield stage, given[stage.name]

    def _input(self, stage: TypedStage, data: object) -> bytes:
        own = self.pipeline.tensors[stage.outputs[0]]
        if not isinstance(data, str):
            return self._pack(stage.name, own, data)
        try:
            return read_sensor_file(stage.what, stage.args, own, self.folder / data)
        except InputError as error:
            raise self.fail(f'"{data}": {error.what}', error.remedy) from None

    def _output(self, stage: TypedStage, data: object) -> list[bytes]:
        types = [self.pipeline.tensors[index] for index in stage.inputs]
        if len(types) == 1:
            return [self._pack(stage.name, types[0], data)]
        if not isinstance(data, list) or len(data) != len(types):
            raise self.fail(
                f'"{stage.name}" has {len(types)} inputs', "give a list with one list for each"
            )
        return [self._pack(stage.name, own, one) for own, one in zip(types, data, strict=True)]

    def _pack(self, name: str, own: TensorType, data: object) -> bytes:
        """Turn (nested) lists into the tensor's bytes; a utf8 tensor's strings end with NULs."""
        try:
            values = list(_flat(data))
        except RecursionError:
            raise self.fail(f'"{name}" is nested too deeply') from None
        if len(values) > own.count or (
            len(values) < own.count and not self._may_be_shorter(own, values)
        ):
            raise self.fail(f'"{name}" has {len(values)} elements, not {own.count} as {own} has')
        if own.element == "utf8":
            if not all(isinstance(value, str) for value in values):
                raise self.fail(f'"{name}" is {own}', "give texts")
            return b"".join(self._text(name, str(value)) + b"\0" for value in values)
        try:
            return struct.pack(f"<{len(values)}{ELEMENT_FORMATS[own.element]}", *values)
        except (struct.error, OverflowError):
            raise self.fail(f'"{name}" is {own}', f"give numbers that fit {own.element}") from None

    def _text(self, name: str, value: str) -> bytes:
        try:
            return value.encode()
        except UnicodeEncodeError:  # JSON can write half of a surrogate pair
            raise self.fail(f'"{name}": {value!r} is no UTF-8 text') from None

    def _may_be_shorter(self, own: TensorType, values: list[object]) -> bool:
        """Tell a result that may have fewer rows than its most, as object_filter's."""
        row = own.count // own.dims[0] if own.dims else own.count
        flexible = {"object_filter", "segment_output"}
        makers = [stage for stage in self.pipeline.of_kind("block") if stage.what in flexible]
        made = [self.pipeline.tensors[index] for stage in makers for index in stage.outputs]
        return own in made and len(values) % row == 0


def _flat(data: object) -> Iterator[object]:
    if isinstance(data, list):
        for item in data:
            yield from _flat(item)
    else:
        yield data
