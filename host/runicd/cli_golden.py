"""`runicd test --update`: writes what a board computes into golden.json as what is expected.

The golden inputs reach the Rune as they are: in a variant of it whose capabilities all are RAW,
fed from files with exactly those bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from runicd import call as calls
from runicd import results
from runicd.cast.cast import Quiet, cast
from runicd.cli_board import board_for_now
from runicd.client import Client
from runicd.errors import InputError
from runicd.files import write_bytes
from runicd.keys import files as keys
from runicd.keys.sign import signed
from runicd.runefile.build import GOLDEN_NAME, check_runefile, find_runefile
from runicd.runefile.bundle import bundle
from runicd.runefile.golden import golden_inputs, read_vectors
from runicd.runefile.typed import TypedPipeline
from runicd.sim.sensors import Sources
from runicd.types import Rune


def update(path: str, heap_bytes: int, board: str) -> Path:
    """Write what a simulated board outputs for every vector beside a Runefile; return the file.

    Raises InputError when there are no vectors, and what a cast and a call raise.
    """
    if path.endswith(".rune"):
        raise InputError(
            "golden vectors are beside Runefiles", where=path, remedy="name the folder"
        )
    pipeline = check_runefile(path)
    file = find_runefile(path).parent / GOLDEN_NAME
    inputs = golden_inputs(file, pipeline) if file.exists() else []
    if not inputs:
        remedy = 'write [{"inputs": {"<capability>": "<file, or list of numbers>"}}] into it'
        raise InputError("there are no golden vectors", where=str(file), remedy=remedy)
    vectors = read_vectors(file)
    computed = _compute(pipeline, inputs, heap_bytes, board)
    for vector, outputs in zip(vectors, computed, strict=True):
        vector["outputs"] = outputs
    lines = ",\n  ".join(json.dumps(vector, ensure_ascii=False) for vector in vectors)
    write_bytes(file, f"[\n  {lines}\n]\n".encode())
    return file


def _compute(
    pipeline: TypedPipeline, inputs: Sequence[Mapping[str, bytes]], heap_bytes: int, board: str
) -> list[dict[str, Any]]:
    """Return each vector's outputs by name, from one simulated board."""
    with TemporaryDirectory() as folder:
        files = []
        for index, data in enumerate(data for vector in inputs for data in vector.values()):
            files.append(Path(folder) / f"{index}.raw")
            files[-1].write_bytes(data)
        with board_for_now(Sources(raw=tuple(files)), heap_bytes, board=board) as client:
            width = len(pipeline.of_kind("capability"))
            return [
                _outputs(_fed_raw(pipeline, index * width), client) for index in range(len(inputs))
            ]


def _fed_raw(pipeline: TypedPipeline, first_source: int) -> Rune:
    """Return the Rune with its capabilities replaced by RAW, from that file on."""
    stages = list(pipeline.stages)
    source = first_source
    for index, stage in enumerate(stages):
        if stage.kind == "capability":
            stages[index] = replace(stage, what="RAW", args={"source": source})
            source += 1
    return signed(bundle(replace(pipeline, stages=tuple(stages))), keys.default())


def _outputs(rune: Rune, client: Client) -> dict[str, Any]:
    assert rune.manifest is not None
    cast(rune, client, Quiet(), period_ms=0)
    calls.subscribe(client, ["out"], rune.name)
    records = rune.manifest["outputs"]
    first_channel = len(rune.manifest["capabilities"]) + len(rune.manifest["models"]) + 1
    found: dict[str, Any] = {}
    for result in calls.call(client, rune.name, outputs=len(records)):
        elements = [tensor["elements"] for tensor in results.tensors(result)]
        name = records[result.channel - first_channel]["name"]
        found[name] = elements[0] if len(elements) == 1 else elements
    return found
