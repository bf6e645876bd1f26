"""The checked pipeline: every type known, every file read, every argument sound.

A TypedPipeline exists only when nothing was wrong; emitting and bundling rely on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from runicd.model.facts import ModelFacts
from runicd.types import BuildWarning, Span, StageKind, TensorType

Number = int | float


@dataclass(frozen=True, slots=True)
class Quantisation:
    """How a model's tensor stands for real numbers: `real = scale * (q - zero_point)`."""

    scale: float
    zero_point: int


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model's file, its facts, and the types and quantisation of what goes in and out."""

    data: bytes
    facts: ModelFacts
    inputs: tuple[TensorType, ...]
    outputs: tuple[TensorType, ...]
    input_quantisation: tuple[Quantisation, ...]
    output_quantisation: tuple[Quantisation, ...]


@dataclass(frozen=True, slots=True)
class CustomBlock:
    """A custom block's wasm; `addresses` are its tensors' places in its memory, inputs first."""

    data: bytes
    memory_bytes: int
    stack_bytes: int
    addresses: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TypedStage:
    """One stage; inputs and outputs index the pipeline's tensors.

    `what` is a capability's or output's kind or a stock block's name; `args` are final. `rate` is
    what the Runefile states, None where it leaves that to the period.
    """

    name: str
    kind: StageKind
    what: str
    args: Mapping[str, int | float | str]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    model: LoadedModel | None = None
    custom: CustomBlock | None = None
    file: str = ""
    span: Span = field(default=Span(""), compare=False)
    rate: int | None = None


@dataclass(frozen=True, slots=True)
class TypedPipeline:
    """A pipeline that can be built; `resources` are those that no argument or model took up."""

    name: str
    release: str
    security_counter: int
    period_ms: int
    rounding: str
    tensors: tuple[TensorType, ...]
    stages: tuple[TypedStage, ...]
    resources: Mapping[str, tuple[str, bytes]]
    warnings: tuple[BuildWarning, ...] = ()
    limits: Mapping[str, int] = field(default_factory=dict)

    def of_kind(self, kind: StageKind) -> list[TypedStage]:
        """Return the stages of one kind, in order."""
        return [stage for stage in self.stages if stage.kind == kind]
