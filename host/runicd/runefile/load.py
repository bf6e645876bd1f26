"""Reads what a pipeline's stages name: models, blocks, and the resources in arguments.

What cannot be read is a fault at the place that names it; the stage then stays unknown and the
others are still checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from runicd.blocks.arguments import BlockError
from runicd.blocks.table import BlockSpec, find_block
from runicd.errors import ModelError
from runicd.model.facts import model_facts
from runicd.model.read_tflite import Model, Tensor, read_tflite
from runicd.runefile.custom_block import is_custom, load_custom
from runicd.runefile.faults import Faults
from runicd.runefile.resources import read_file, resource_bytes
from runicd.runefile.typed import CustomBlock, LoadedModel, Quantisation
from runicd.types import ELEMENT_BYTES, ArgValue, Pipeline, Stage, TensorType


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was read, by stage; a stage that is missing here had a fault.

    `unread` are stages with an argument whose file could not be read.
    """

    models: dict[str, LoadedModel] = field(default_factory=dict)
    specs: dict[str, BlockSpec] = field(default_factory=dict)
    customs: dict[str, CustomBlock] = field(default_factory=dict)
    args: dict[str, dict[str, ArgValue]] = field(default_factory=dict)
    resources: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)


def load(pipeline: Pipeline, faults: Faults) -> Loaded:
    """Read every file that the pipeline names."""
    loaded = Loaded()
    values = _resource_values(pipeline, faults)
    used: set[str] = set()
    for stage in pipeline.stages:
        with faults.about(stage.name):
            loaded.args[stage.name] = _resolve_args(
                stage, pipeline, values, used, loaded.unread, faults
            )
            if stage.kind == "model":
                _load_model(stage, pipeline, values, used, loaded, faults)
            elif stage.kind == "block":
                _load_block(stage, pipeline, loaded, faults)
    for name, data in values.items():
        if data is not None and name not in used:
            loaded.resources[name] = (pipeline.resources[name].type, data)
    return loaded


def _resource_values(pipeline: Pipeline, faults: Faults) -> dict[str, bytes | None]:
    return {
        name: resource_bytes(resource, pipeline.folder, faults)
        for name, resource in pipeline.resources.items()
    }


def _resolve_args(
    stage: Stage,
    pipeline: Pipeline,
    values: Mapping[str, bytes | None],
    used: set[str],
    unread: set[str],
    faults: Faults,
) -> dict[str, ArgValue]:
    """Put resources' texts in place of their names; note in `unread` a stage that lacks one."""
    args = dict(stage.args)
    for key, value in stage.args.items():
        if not isinstance(value, str) or value not in values:
            continue
        used.add(value)
        span = stage.arg_spans.get(key, stage.span)
        data = values[value]
        if data is None:
            unread.add(stage.name)
            if pipeline.resources[value].path is None:
                faults.add(span, f'"{value}" has no value', "give it inline or path")
            continue
        try:
            args[key] = data.decode()
        except UnicodeDecodeError:
            faults.add(span, f'"{value}" is no UTF-8 text', "an argument needs a text")
    return args


def _load_model(
    stage: Stage,
    pipeline: Pipeline,
    values: Mapping[str, bytes | None],
    used: set[str],
    loaded: Loaded,
    faults: Faults,
) -> None:
    data = pipeline.inherited.get(stage.name)
    if data is None and stage.what.startswith("$"):
        used.add(stage.what)
        data = values.get(stage.what)
        if data is None and stage.what in values and pipeline.resources[stage.what].path is None:
            faults.add(stage.what_span, f'"{stage.what}" has no value', "give it a path")
    elif data is None and stage.what:
        data = read_file(pipeline.folder, stage.what, stage.what_span, faults)
    if data is None:
        return
    try:
        model = read_tflite(data)
        loaded.models[stage.name] = LoadedModel(
            data,
            model_facts(model),
            _types(model, model.inputs),
            _types(model, model.outputs),
            _quantisations(model, model.inputs),
            _quantisations(model, model.outputs),
        )
    except ModelError as error:
        faults.add(stage.what_span, f'"{stage.what}": {error.what}', error.remedy)


def _types(model: Model, indices: tuple[int, ...]) -> tuple[TensorType, ...]:
    return tuple(_type(model.tensors[index]) for index in indices)


def _type(tensor: Tensor) -> TensorType:
    if tensor.element not in ELEMENT_BYTES or tensor.element == "utf8":
        what = f'tensor "{tensor.name}" is of type {tensor.element}, which no stage gives or takes'
        raise ModelError(what)
    return TensorType(tensor.element, tensor.shape)


def _quantisations(model: Model, indices: tuple[int, ...]) -> tuple[Quantisation, ...]:
    return tuple(
        Quantisation(model.tensors[index].scale, model.tensors[index].zero_point)
        for index in indices
    )


def _load_block(stage: Stage, pipeline: Pipeline, loaded: Loaded, faults: Faults) -> None:
    inherited = pipeline.inherited.get(stage.name)
    if inherited is not None or is_custom(stage.what):
        custom = load_custom(
            stage, Path(pipeline.folder), inherited, loaded.args[stage.name], faults
        )
        if custom is not None:
            loaded.customs[stage.name] = custom
        return
    try:
        loaded.specs[stage.name] = find_block(stage.what)
    except BlockError as error:
        faults.add(stage.what_span, error.what, error.remedy)
