"""Makes the models of a checked pipeline fit into so much RAM, by running layers in strips."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from runicd.model.facts import model_facts
from runicd.model.fit import Fitted, fit, need, too_large
from runicd.model.read_tflite import Model, read_tflite
from runicd.model.strips import with_strips
from runicd.runefile.typed import TypedPipeline, TypedStage

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class FittedStage:
    """A stage with a model, and how that fits."""

    name: str
    fitted: Fitted


def fit_models(
    pipeline: TypedPipeline, ram_bytes: int, progress: Progress = lambda *_: None
) -> tuple[TypedPipeline, tuple[FittedStage, ...]]:
    """Return the pipeline with models that fit into `ram_bytes` together, and how they do.

    Counted is what `fit` counts. The model that takes most is fitted first. Raises InputError
    with the least that is possible.
    """
    models = {stage.name: stage for stage in pipeline.of_kind("model")}
    needs = {name: need(_model(stage)).ram_bytes for name, stage in models.items()}
    found: dict[str, Fitted] = {}
    for name in sorted(models, key=lambda name: -needs[name]):
        left_bytes = ram_bytes - sum(needs.values()) + needs[name]
        found[name] = fit(_model(models[name]), left_bytes, progress)
        needs[name] = found[name].after.ram_bytes
    stages = tuple(FittedStage(name, found[name]) for name in models)
    if sum(needs.values()) > ram_bytes:
        raise too_large([one.fitted for one in stages], ram_bytes)
    changed = tuple(
        _in_strips(stage, found[stage.name]) if stage.name in found else stage
        for stage in pipeline.stages
    )
    return replace(pipeline, stages=changed), stages


def _model(stage: TypedStage) -> Model:
    assert stage.model is not None
    return read_tflite(stage.model.data)


def _in_strips(stage: TypedStage, fitted: Fitted) -> TypedStage:
    if stage.model is None:
        return stage
    data = with_strips(stage.model.data, fitted.strips)
    return replace(
        stage, model=replace(stage.model, data=data, facts=model_facts(read_tflite(data)))
    )
