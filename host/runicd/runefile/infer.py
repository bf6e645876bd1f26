"""Works out the type of every tensor, forward from the capabilities, and checks it on the way.

A stage whose inputs are unknown stays unknown and says nothing: its fault was noted before.
Dimensions that nobody declared give way to those of a model that takes the tensor, as long as the
number of elements is the same; in the old forms so do declared ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from runicd.blocks.arguments import BlockError, Value
from runicd.blocks.table import infer as infer_block
from runicd.blocks.table import resolve_arguments
from runicd.runefile.faults import Faults
from runicd.runefile.load import Loaded
from runicd.runefile.typed import LoadedModel, Quantisation
from runicd.types import ArgValue, Pipeline, Span, Stage, TensorRef, TensorType
from runicos.contract.element import MAX_RANK

MAX_OUTPUT_TENSORS = 32
Types = tuple[TensorType, ...]


def is_complete(declared: TensorType | None) -> bool:
    """Tell a declared type that leaves nothing open."""
    return declared is not None and bool(declared.element) and bool(declared.dims)


def agrees(declared: TensorType, own: TensorType, *, by_count: bool) -> bool:
    """Tell whether a declared type is a stage's own, open parts aside, dims by count if asked."""
    same_element = declared.element in {"", own.element}
    same_dims = not declared.dims or declared.dims == own.dims
    return same_element and (same_dims or (by_count and declared.count == own.count))


class Inference:
    """One pass over a pipeline with given types for its capabilities."""

    def __init__(
        self,
        pipeline: Pipeline,
        loaded: Loaded,
        capabilities: Mapping[str, TensorType | None],
        faults: Faults,
    ) -> None:
        self.pipeline = pipeline
        self.loaded = loaded
        self.capabilities = capabilities
        self.faults = faults
        self.is_old = pipeline.generation != "G2"
        self.types: dict[str, Types | None] = {}
        self.args: dict[str, Mapping[str, Value]] = {}
        for stage in pipeline.stages:
            self.types[stage.name] = self._outputs(stage)

    def _outputs(self, stage: Stage) -> Types | None:
        if stage.kind == "capability":
            own = self.capabilities.get(stage.name)
            return None if own is None else (own,)
        inputs = [self._input(stage, source) for source in stage.inputs]
        known = tuple(own for own in inputs if own is not None)
        if stage.kind == "output":
            self._check_output(stage)
            return ()
        if stage.kind == "model":
            return self._model(stage, inputs)
        if len(known) < len(inputs) or not known:
            self._arguments(stage)
            return None
        self._check_declared_inputs(stage, known)
        if stage.name in self.loaded.customs:
            return self._custom(stage)
        return self._block(stage, known)

    def _input(self, stage: Stage, source: TensorRef) -> TensorType | None:
        outputs = self.types.get(source.stage)
        if not outputs:
            return None
        if source.index < len(outputs):
            return outputs[source.index]
        span = source.span if source.span.line else stage.span
        remedy = f"it has {len(outputs)}, counted from 0"
        self.faults.add(
            span, f'The "{source.stage}" node has no {source.index}\'th output', remedy
        )
        return None

    def _check_output(self, stage: Stage) -> None:
        if len(stage.inputs) > MAX_OUTPUT_TENSORS:
            what = f'"{stage.name}" has {len(stage.inputs)} inputs'
            self.faults.add(stage.span, what, f"an output takes at most {MAX_OUTPUT_TENSORS}")

    def _check_declared_inputs(self, stage: Stage, known: Types) -> None:
        """Check the typed form's first type against what really comes in."""
        for declared, own in zip(stage.declared_inputs, known, strict=False):
            if declared is not None and not agrees(declared, own, by_count=True):
                what = (
                    f'"{stage.name}" takes {shown(declared)}, but "{stage.inputs[0]}" gives {own}'
                )
                self.faults.add(stage.span, what, f"declare {own}, or _")

    def _model(self, stage: Stage, inputs: list[TensorType | None]) -> Types | None:
        model = self.loaded.models.get(stage.name)
        if model is None:
            return None
        if inputs and len(inputs) != len(model.inputs):
            what = f'"{stage.name}" has {len(inputs)} input(s), but the model {len(model.inputs)}'
            self.faults.add(stage.span, what, f"it takes {texts(model.inputs)}")
        elif None not in inputs and inputs:
            given = tuple(own for own in inputs if own is not None)
            if any(one != other for one, other in zip(given, model.inputs, strict=True)):
                self._disagree(stage, given, model.inputs)
        self._check_declared_model(stage, model)
        return model.outputs

    def _disagree(self, stage: Stage, said: Types, own: Types) -> None:
        sources = ", ".join(map(str, stage.inputs))
        what = _mismatch(texts(said), own)
        self.faults.add(
            stage.span, what, _conversion(said, own) or f'make "{sources}" give {texts(own)}'
        )

    def _check_declared_model(self, stage: Stage, model: LoadedModel) -> None:
        declared_inputs = tuple(one for one in stage.declared_inputs if one is not None)
        declared_outputs = tuple(one for one in stage.outputs if one is not None)
        for declared, own in ((declared_inputs, model.inputs), (declared_outputs, model.outputs)):
            if not declared:
                continue
            pairs = zip(declared, own, strict=False)
            if len(declared) == len(own) and all(
                agrees(one, other, by_count=self.is_old) for one, other in pairs
            ):
                continue
            said = ", ".join(map(shown, declared))
            what = _mismatch(said, own)
            if self.pipeline.generation == "G0":
                self.faults.warn(stage.span, f"{what}; the model is right")
            else:
                self.faults.add(stage.span, what, f"declare {texts(own)}, or nothing")

    def _arguments(self, stage: Stage) -> Mapping[str, Value] | None:
        """Check a stock block's arguments, once; None after a fault."""
        spec = self.loaded.specs.get(stage.name)
        if spec is None or stage.name in self.loaded.unread:
            return None
        given: dict[str, object] = dict(self.loaded.args[stage.name])
        if spec.name in {"quantize", "dequantize"}:
            given.update(self._quantisation(stage, spec.name, given))
        try:
            self.args[stage.name] = resolve_arguments(spec, given)
        except BlockError as error:
            if error.argument or stage.name not in self.faults.spoilt:
                self._block_fault(stage, error)
            return None
        return self.args[stage.name]

    def _block_fault(self, stage: Stage, error: BlockError) -> None:
        span = stage.arg_spans.get(error.argument, stage.span)
        self.faults.add(span, f'"{stage.name}": {error.what}', error.remedy)

    def _quantisation(
        self, stage: Stage, block: str, given: Mapping[str, object]
    ) -> dict[str, ArgValue]:
        """Take scale and zero point from the next model where the Runefile gives none."""
        if "scale" in given or "zero_point" in given or "zero-point" in given:
            return {}
        found: Quantisation | None = None
        if block == "quantize":
            found = next(
                (model.input_quantisation[index] for model, index in self._takers(stage, 0)), None
            )
        elif stage.inputs and stage.inputs[0].stage in self.loaded.models:
            scales = self.loaded.models[stage.inputs[0].stage].output_quantisation
            found = scales[stage.inputs[0].index] if stage.inputs[0].index < len(scales) else None
        return (
            {"scale": found.scale, "zero_point": found.zero_point} if found and found.scale else {}
        )

    def _takers(self, stage: Stage, index: int) -> list[tuple[LoadedModel, int]]:
        """Return the models that take an output of a stage, and as which of their inputs."""
        return takers(self.pipeline, self.loaded, stage.name, index)

    def _block(self, stage: Stage, inputs: Types) -> Types | None:
        spec = self.loaded.specs.get(stage.name)
        args = self._arguments(stage)
        if spec is None or args is None:
            return None
        declared = tuple(one if is_complete(one) else None for one in stage.outputs)
        if spec.name == "quantize" and not any(declared):
            declared = tuple(model.inputs[place] for model, place in self._takers(stage, 0)[:1])
        try:
            own = infer_block(spec, inputs, args, declared)
        except BlockError as error:
            self._block_fault(stage, error)
            return None
        return tuple(self._reshape(stage, index, one) for index, one in enumerate(own))

    def _reshape(self, stage: Stage, index: int, own: TensorType) -> TensorType:
        """Give an undeclared shape the dimensions of the model that takes it."""
        declared = stage.outputs[index] if index < len(stage.outputs) else None
        if declared is not None and not agrees(declared, own, by_count=True):
            self.faults.add(
                stage.span,
                f'"{stage.name}" gives {own}, not {shown(declared)}',
                f"declare {own}, or nothing",
            )
        if declared is not None and declared.dims and not self.is_old:
            return own
        for model, place in self._takers(stage, index):
            wanted = model.inputs[place]
            if wanted.element == own.element and wanted.count == own.count:
                return replace(own, dims=wanted.dims)
        return own

    def _custom(self, stage: Stage) -> Types | None:
        """Take a custom block's types as declared, or from the model behind it."""
        declared = stage.outputs or (None,)
        types = []
        for index, one in enumerate(declared):
            own = (
                one if one is not None and is_complete(one) else self._custom_output(stage, index)
            )
            if own is None:
                what = f'nothing says what "{stage.name}" gives'
                self.faults.add(stage.span, what, "declare type and dimensions of its outputs")
                return None
            types.append(own)
        return tuple(types)

    def _custom_output(self, stage: Stage, index: int) -> TensorType | None:
        return next((model.inputs[place] for model, place in self._takers(stage, index)), None)


def takers(
    pipeline: Pipeline, loaded: Loaded, name: str, index: int
) -> list[tuple[LoadedModel, int]]:
    """Return the models that take output `index` of stage `name`, and as which of their inputs."""
    found = []
    for stage in pipeline.stages:
        model = loaded.models.get(stage.name)
        for place, source in enumerate(stage.inputs):
            if (
                model
                and (source.stage, source.index) == (name, index)
                and place < len(model.inputs)
            ):
                found.append((model, place))
    return found


def _mismatch(said: str, own: Types) -> str:
    return (
        f"The Rune said tensors would be [{said}], but the model said they would be [{texts(own)}]"
    )


def _conversion(said: Types, own: Types) -> str:
    """Name the stock block that would make the types agree."""
    pairs = {
        (one.element, other.element)
        for one, other in zip(said, own, strict=True)
        if one.element != other.element
    }
    if pairs and all(one == "f32" and other in {"i8", "u8", "i16"} for one, other in pairs):
        return 'put the block "quantize" before it'
    if pairs and all(other == "f32" and one in {"i8", "u8", "i16"} for one, other in pairs):
        return 'put a block that gives f32 before it, such as "dequantize" or "normalize"'
    return ""


def shown(declared: TensorType) -> str:
    """Write a declared type, `_` for an open element."""
    dims = f"[{', '.join(map(str, declared.dims))}]" if declared.dims else ""
    return f"{declared.element or '_'}{dims}"


def texts(types: Types) -> str:
    """Write types with commas between."""
    return ", ".join(map(str, types))


def check_rank(own: TensorType, span: Span, faults: Faults) -> None:
    """Note a tensor with more dimensions than boards handle."""
    if len(own.dims) > MAX_RANK:
        faults.add(
            span, f"{own} has {len(own.dims)} dimensions", f"boards handle at most {MAX_RANK}"
        )
