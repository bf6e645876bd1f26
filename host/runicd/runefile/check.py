"""Checks a Pipeline: files read, capabilities' parameters sound, all types inferred and agreeing.

What a capability without a declared type gives is chosen so that the stages after it fit: the
first candidate with which nothing is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from runicd.runefile import capabilities as sensors
from runicd.runefile.capabilities import CAPABILITIES, ParamError, Params
from runicd.runefile.custom_block import place_tensors
from runicd.runefile.faults import Faults, did_you_mean
from runicd.runefile.infer import Inference, check_rank, is_complete, shown
from runicd.runefile.legacy import split_old_fft
from runicd.runefile.load import Loaded, load
from runicd.runefile.typed import CustomBlock, TypedPipeline, TypedStage
from runicd.types import ELEMENT_BYTES, Pipeline, Stage, TensorType
from runicos.contract.checked_manifest import TFLM_DOUBLE
from runicos.contract.element import MAX_BYTES

DEFAULT_PERIOD_MS = 1000
DEFAULT_RELEASE = "0.1.0"


def check(pipeline: Pipeline, faults: Faults) -> TypedPipeline:
    """Return the typed pipeline. Raises RunefileError with every fault, older ones included."""
    loaded = load(pipeline, faults)
    pipeline = split_old_fft(pipeline, loaded)
    params = {
        stage.name: _params(stage, loaded, faults)
        for stage in pipeline.stages
        if stage.kind == "capability"
    }
    chosen = _choose(pipeline, loaded, params, faults)
    inference = Inference(pipeline, loaded, chosen, faults)
    for stage in pipeline.stages:
        _check_sizes(stage, inference.types.get(stage.name) or (), faults)
    _warn_unused(pipeline, faults)
    faults.stop_if_any()
    return _typed(
        pipeline,
        loaded,
        inference,
        {name: _final(pipeline, name, own, chosen) for name, own in params.items()},
        faults,
    )


def _params(stage: Stage, loaded: Loaded, faults: Faults) -> Params:
    """Return a capability's parameters; what is wrong with them is a fault at the argument."""
    if stage.what not in CAPABILITIES:
        return {}
    try:
        params, unused = sensors.read_params(CAPABILITIES[stage.what], loaded.args[stage.name])
    except ParamError as error:
        span = stage.arg_spans.get(error.name, stage.span)
        faults.add(span, f'"{stage.name}": {error.what}', error.remedy)
        faults.spoilt.add(stage.name)
        return {}
    if unused:
        known = [param.name for param in CAPABILITIES[stage.what].params]
        hints = [did_you_mean(key, known) for key in unused]
        advice = next((f"; {hint}" for hint in hints if hint.startswith("did")), "")
        span = stage.arg_spans.get(unused[0], stage.span)
        faults.warn(
            span, f"Unused arguments for {stage.name}: {', '.join(sorted(unused))}{advice}"
        )
    return params


def _choose(
    pipeline: Pipeline, loaded: Loaded, params: Mapping[str, Params], faults: Faults
) -> dict[str, TensorType | None]:
    """Settle what each capability gives: of its candidates the first with the fewest faults."""
    options = {
        stage.name: _candidates(stage, pipeline, loaded, params)
        for stage in pipeline.stages
        if stage.kind == "capability"
    }
    chosen: dict[str, TensorType | None] = {
        name: found[0] if found else None for name, found in options.items()
    }
    for stage in pipeline.stages:
        found = options.get(stage.name, [])
        if len(found) > 1:
            chosen[stage.name] = min(
                found, key=lambda one: _fault_count(pipeline, loaded, {**chosen, stage.name: one})
            )
        if stage.kind == "capability" and stage.name not in faults.spoilt:
            _check_capability(stage, chosen[stage.name], params[stage.name], faults)
    return chosen


def _fault_count(
    pipeline: Pipeline, loaded: Loaded, chosen: Mapping[str, TensorType | None]
) -> int:
    trial = Faults()  # what it finds is counted, not told
    Inference(pipeline, loaded, chosen, trial)
    return len(trial.found)


def _candidates(
    stage: Stage, pipeline: Pipeline, loaded: Loaded, params: Mapping[str, Params]
) -> list[TensorType]:
    """List what a capability may give, the likeliest first."""
    declared = stage.outputs[0] if stage.outputs else None
    if declared is not None and is_complete(declared):
        shapes = _model_shapes(loaded, declared.count) if pipeline.generation != "G2" else []
        return [declared, *(replace(declared, dims=dims) for dims in shapes)]
    if stage.what not in CAPABILITIES:
        return []
    elements = (
        (declared.element,) if declared and declared.element else sensors.ELEMENTS_OF[stage.what]
    )
    own = params[stage.name]
    return [
        TensorType(element, dims)
        for element in elements
        for dims in _shapes(stage.what, own, element, declared, loaded)
    ]


def _shapes(
    kind: str, params: Params, element: str, declared: TensorType | None, loaded: Loaded
) -> list[tuple[int, ...]]:
    if declared is not None and declared.dims:
        return [declared.dims]
    usual = sensors.inferred_type(kind, params)
    count = sensors.expected_count(kind, params, ELEMENT_BYTES.get(element, 1))
    first = [usual.dims] if usual and usual.count == count else [(count,)] if count else []
    open_size = usual is None and not sensors.missing_params(kind, params)
    return first + [
        dims
        for dims in _model_shapes(loaded, count if not open_size else None)
        if dims not in first
    ]


def _model_shapes(loaded: Loaded, count: int | None) -> list[tuple[int, ...]]:
    """Return the shapes that models take, of so many elements or of any number (None)."""
    shapes = []
    for model in loaded.models.values():
        for own in model.inputs:
            if (count is None or own.count == count) and own.dims not in shapes:
                shapes.append(own.dims)
    return shapes


def _check_capability(
    stage: Stage, own: TensorType | None, params: Params, faults: Faults
) -> None:
    full = sensors.complete_params(stage.what, params, own) if own else params
    missing = sensors.missing_params(stage.what, full)
    if missing:
        _tell_missing(stage, missing, faults)
    elif own is None:
        faults.add(
            stage.span,
            f'nothing says how much "{stage.name}" reads',
            "declare its type and dimensions",
        )
    elif own.element not in sensors.ELEMENTS_OF[stage.what]:
        remedy = f"it gives {' or '.join(sensors.ELEMENTS_OF[stage.what][:3])}"
        faults.add(stage.span, f"{stage.what} does not give {own.element}", remedy)
    else:
        count = sensors.expected_count(stage.what, full, ELEMENT_BYTES[own.element])
        if count is not None and count != own.count:
            what = f'"{stage.name}" is declared as {shown(own)}, but its arguments make {count}'
            faults.add(stage.span, what, "change the dimensions or the arguments")


def _tell_missing(stage: Stage, missing: list[str], faults: Faults) -> None:
    """Note what a capability does not say; an argument that means nothing was meant for it."""
    capability = CAPABILITIES[stage.what]
    unknown = [key for key in stage.args if sensors.find_param(capability, key) is None]
    for key in unknown:
        hint = did_you_mean(key, missing)
        remedy = hint if hint.startswith("did") else f"it needs {' and '.join(missing)}"
        span = stage.arg_spans.get(key, stage.span)
        faults.add(span, f'"{stage.name}": {stage.what} has no argument "{key}"', remedy)
    if not unknown:
        what = f'"{stage.name}" does not say its {" and ".join(missing)}'
        faults.add(stage.span, what, f"add {missing[0]} to its arguments")


def _final(
    pipeline: Pipeline, name: str, params: Params, chosen: Mapping[str, TensorType | None]
) -> Params:
    own = chosen[name]
    return sensors.complete_params(pipeline.stage(name).what, params, own) if own else params


def _check_sizes(stage: Stage, types: tuple[TensorType, ...], faults: Faults) -> None:
    for own in types:
        check_rank(own, stage.span, faults)
        if own.bytes > MAX_BYTES:
            faults.add(
                stage.span, f'"{stage.name}" gives {own}: {own.bytes} bytes', "no board holds that"
            )


def _warn_unused(pipeline: Pipeline, faults: Faults) -> None:
    used = {source.stage for stage in pipeline.stages for source in stage.inputs}
    for stage in pipeline.stages:
        if stage.kind != "output" and stage.name not in used:
            faults.warn(stage.span, f'nothing takes what "{stage.name}" gives')


def _typed(
    pipeline: Pipeline,
    loaded: Loaded,
    inference: Inference,
    params: Mapping[str, Params],
    faults: Faults,
) -> TypedPipeline:
    """Number the tensors and put everything together."""
    tensors: list[TensorType] = []
    places: dict[tuple[str, int], int] = {}
    for stage in pipeline.stages:
        for index, own in enumerate(inference.types[stage.name] or ()):
            places[stage.name, index] = len(tensors)
            tensors.append(own)
    stages = []
    for stage in pipeline.stages:
        inputs = tuple(places[source.stage, source.index] for source in stage.inputs)
        outputs = tuple(
            places[stage.name, index] for index in range(len(inference.types[stage.name] or ()))
        )
        typed = TypedStage(
            stage.name,
            stage.kind,
            stage.what,
            {},
            inputs,
            outputs,
            file=stage.what,
            span=stage.span,
            rate=stage.rate,
        )
        stages.append(_complete(typed, tensors, loaded, inference, params, faults))
    faults.stop_if_any()
    return TypedPipeline(
        pipeline.name,
        pipeline.release or DEFAULT_RELEASE,
        pipeline.security_counter or 0,
        pipeline.period_ms if pipeline.period_ms is not None else _period(stages),
        pipeline.rounding or TFLM_DOUBLE,
        tuple(tensors),
        tuple(stages),
        loaded.resources,
        tuple(faults.warnings),
        pipeline.limits,
    )


def _complete(
    stage: TypedStage,
    tensors: list[TensorType],
    loaded: Loaded,
    inference: Inference,
    params: Mapping[str, Params],
    faults: Faults,
) -> TypedStage:
    """Add what a stage's kind needs: parameters, block name and arguments, model, custom block."""
    if stage.kind == "capability":
        return replace(stage, args=dict(sorted(params[stage.name].items())))
    if stage.kind == "model":
        return replace(stage, what="", model=loaded.models[stage.name])
    if stage.kind == "output":
        return stage
    if stage.name in loaded.customs:
        own = [tensors[index] for index in (*stage.inputs, *stage.outputs)]
        custom: CustomBlock = place_tensors(loaded.customs[stage.name], own)
        return replace(stage, what="", args=loaded.args[stage.name], custom=custom)
    return replace(
        stage, what=loaded.specs[stage.name].name, args=dict(inference.args[stage.name])
    )


def _period(stages: list[TypedStage]) -> int:
    """Return the time between calls: as long as the longest sound, else a second."""
    durations = [
        stage.args["sample_duration_ms"]
        for stage in stages
        if stage.kind == "capability" and stage.what == "SOUND"
    ]
    return max((round(float(one)) for one in durations), default=DEFAULT_PERIOD_MS)
