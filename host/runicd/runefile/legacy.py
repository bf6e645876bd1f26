"""Understands the old forms' `fft`, which did the noise filtering too and gave i8.

In Runefiles of that time one block stands where today two do; it is split where its type, or the
model that takes its data, says that i8 is meant.
"""

from __future__ import annotations

from dataclasses import replace

from runicd.blocks.table import find_block
from runicd.runefile.infer import takers
from runicd.runefile.load import Loaded
from runicd.types import Pipeline, Stage, TensorRef


def split_old_fft(pipeline: Pipeline, loaded: Loaded) -> Pipeline:
    """Return the pipeline with `noise-filtering` behind each old fft; `loaded` learns of it."""
    if pipeline.generation == "G2":
        return pipeline
    stages: list[Stage] = []
    renamed: dict[str, str] = {}
    for stage in pipeline.stages:
        inputs = tuple(
            replace(source, stage=renamed.get(source.stage, source.stage))
            for source in stage.inputs
        )
        stage = replace(stage, inputs=inputs)  # noqa: PLW2901 - the same stage, rewired
        if _is_old_fft(stage, pipeline, loaded):
            filtered = _filtering(stage, f"{stage.name}_filtered")
            stages += [replace(stage, outputs=()), filtered]
            renamed[stage.name] = filtered.name
            loaded.specs[filtered.name] = find_block("noise-filtering")
            loaded.args[filtered.name] = {}
        else:
            stages.append(stage)
    return replace(pipeline, stages=tuple(stages))


def _is_old_fft(stage: Stage, pipeline: Pipeline, loaded: Loaded) -> bool:
    spec = loaded.specs.get(stage.name)
    if spec is None or spec.name != "fft":
        return False
    declared = stage.outputs[0] if stage.outputs else None
    if declared is not None and declared.element:
        return declared.element == "i8"
    return any(
        model.inputs[place].element == "i8"
        for model, place in takers(pipeline, loaded, stage.name, 0)
    )


def _filtering(fft: Stage, name: str) -> Stage:
    return Stage(
        name,
        "block",
        "noise-filtering",
        {},
        (TensorRef(fft.name),),
        fft.outputs,
        span=fft.span,
        what_span=fft.what_span,
    )
