"""Golden vectors: a Rune's own examples of input and output, run after it was loaded.

A vector is CBOR {inputs: {capability: bytes}, outputs: {output: [bytes, …]}, tolerance: float},
read in place. Floats are compared within the tolerance, all else must be equal.
"""

from struct import unpack_from

import rune as native

from runicos.contract import cbor
from runicos.contract.element import code, size_bytes
from runicos.contract.errors import BAD_SECTION, SELF_TEST_FAILED, RuneError

RELATIVE_TOLERANCE = 1e-5
ABSOLUTE_TOLERANCE = 1e-6
_SECTION = "runic.golden"
# By an element type's code.
_FORMATS = ("<B", "<b", "<H", "<h", "<I", "<i", "<f", "<Q", "<q", "<d", "<B")


def run(manifest: object, sections: "list[memoryview]", pipeline: object) -> str:
    """Run every vector; "passed", or "none" when there are none. Raises RuneError."""
    if pipeline.saga is not None:
        pipeline.saga.forget_baseline()
    for index, section in enumerate(sections):
        vector = _read(section)
        inputs = _inputs(manifest, vector)
        pipeline.reset()
        pipeline.replay(inputs)
        try:
            for stage in range(len(manifest.stages)):
                # Many vectors may take long together, and each block as long as a call.
                native.feed()
                pipeline.run(stage, 1)
            _compare_all(index, manifest, vector, pipeline)
        finally:
            pipeline.replay(None)
            pipeline.reset()
    return "passed" if sections else "none"


def _read(section: memoryview) -> "dict[str, object]":
    try:
        vector = cbor.loads(section, True)
    except ValueError:
        raise RuneError(BAD_SECTION, _SECTION, 0)
    if (
        not isinstance(vector, dict)
        or not isinstance(vector.get("inputs"), dict)
        or not isinstance(vector.get("outputs"), dict)
        or not isinstance(vector.get("tolerance", 0.0), (int, float))
    ):
        raise RuneError(BAD_SECTION, _SECTION, 0)
    return vector


def _inputs(manifest: object, vector: "dict[str, object]") -> "list[memoryview]":
    """Return the vector's bytes for each capability, in the manifest's order."""
    inputs = []
    for capability in manifest.capabilities:
        data = vector["inputs"].get(capability["name"])
        wanted = manifest.tensors[capability["tensor"]]["bytes"]
        if not isinstance(data, memoryview) or len(data) != wanted:
            raise RuneError(BAD_SECTION, _SECTION, 0)
        inputs.append(data)
    return inputs


def _compare_all(
    index: int, manifest: object, vector: "dict[str, object]", pipeline: object
) -> None:
    tolerance = vector.get("tolerance", RELATIVE_TOLERANCE)
    for output in manifest.outputs:
        expected = vector["outputs"].get(output["name"])
        if not isinstance(expected, list) or len(expected) != len(output["inputs"]):
            raise RuneError(BAD_SECTION, _SECTION, 0)
        for data, tensor in zip(expected, output["inputs"]):
            row = manifest.tensors[tensor]
            if not isinstance(data, memoryview) or len(data) % size_bytes(row["type"]):
                raise RuneError(BAD_SECTION, _SECTION, 0)
            got = pipeline.tensor(tensor)
            # A model's own buffer comes as elements, any other as the bytes that are valid now.
            got_bytes = row["bytes"] if row["offset"] is None else len(got)
            difference = compare(row["type"], data, got, got_bytes, tolerance)
            if difference is not None:
                raise RuneError(SELF_TEST_FAILED, index, output["name"], *difference)


def compare(
    kind: str, expected: memoryview, got: memoryview, got_bytes: int, tolerance: float
) -> "tuple[int, object, object] | None":
    """Return (element number, got, expected) of the first difference, or None."""
    form = _FORMATS[code(kind)]
    size = size_bytes(kind)
    if got_bytes < len(expected):
        return got_bytes // size, "nothing", len(expected) // size
    for at in range(0, len(expected) - size + 1, size):
        wanted = unpack_from(form, expected, at)[0]
        value = unpack_from(form, got, at)[0]
        if value != wanted and not _is_close(kind, value, wanted, tolerance):
            return at // size, value, wanted
    return None


def _is_close(kind: str, value: float, wanted: float, tolerance: float) -> bool:
    if kind not in ("f32", "f64"):
        return False
    if value != value or wanted != wanted:
        return value != value and wanted != wanted
    return abs(value - wanted) <= max(ABSOLUTE_TOLERANCE, tolerance * abs(wanted))
