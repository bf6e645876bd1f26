"""What the stages hand to each other: frozen records, one for each step on the way.

A record exists only after the stage that makes it has checked it, so later stages never check
again. Nothing here does I/O, and of the packages only the contract with the board is imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from runicos.contract import element

ELEMENT_BYTES: dict[str, int] = {name: element.size_bytes(name) for name in element.NAMES}
"""Bytes of one element; 1 for utf8, whose elements differ in length."""
ELEMENT_FORMATS: dict[str, str] = {
    "u8": "B", "i8": "b", "u16": "H", "i16": "h", "u32": "I", "i32": "i",
    "f32": "f", "u64": "Q", "i64": "q", "f64": "d",
}  # fmt: skip
"""One element as struct packs it; utf8 has no such form."""

StageKind = Literal["capability", "block", "model", "output"]
Generation = Literal["G0", "G1", "G2"]
ArgValue = str | int | float
"""A stage's argument. Text that starts with "$" names a resource until the Runefile is lowered."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where something stands in a file; line and column count from 1, 0 means the whole file."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Write as editors and terminals recognise it: `file:line:column`."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


NOWHERE = Span("")


@dataclass(frozen=True, slots=True)
class TensorType:
    """Element type and dimensions; `utf8` has the number of strings as its dimensions.

    `text_bytes` is the room that a utf8 tensor needs for all its strings with their NULs, and 0
    for every other type. It takes no part in comparisons: two utf8 tensors of one shape agree.
    """

    element: str
    dims: tuple[int, ...]
    text_bytes: int = field(default=0, compare=False)

    def __str__(self) -> str:
        """Write as the Rune ABI does: `f32[1, 2, 3]`."""
        return f"{self.element}[{', '.join(map(str, self.dims))}]"

    @property
    def count(self) -> int:
        """Number of elements; 1 for a scalar."""
        return element.count(self.dims)

    @property
    def bytes(self) -> int:
        """Bytes that a buffer for this tensor needs."""
        return (
            self.text_bytes if self.element == "utf8" else self.count * ELEMENT_BYTES[self.element]
        )


@dataclass(frozen=True, slots=True)
class TensorRef:
    """One output of one stage, as an input of another."""

    stage: str
    index: int = 0
    span: Span = field(default=NOWHERE, compare=False)

    def __str__(self) -> str:
        """Write as a Runefile does: `stage` or `stage.N`."""
        return f"{self.stage}.{self.index}" if self.index else self.stage


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a pipeline.

    `what` is a capability's or an output's kind (`SOUND`, `SERIAL`), a block's reference
    (`hotg-ai/fft@0.11.3`, `./mine.c`) or a model's path or `$RESOURCE`. An output type is None
    until it is inferred; empty dims or an empty element stand for what is left open. So do
    `declared_inputs`, which only the old forms have. `arg_spans` says where each argument stands.
    """

    name: str
    kind: StageKind
    what: str
    args: Mapping[str, ArgValue] = field(default_factory=dict)
    inputs: tuple[TensorRef, ...] = ()
    outputs: tuple[TensorType | None, ...] = ()
    declared_inputs: tuple[TensorType | None, ...] = field(default=(), compare=False)
    span: Span = field(default=NOWHERE, compare=False)
    what_span: Span = field(default=NOWHERE, compare=False)
    arg_spans: Mapping[str, Span] = field(default_factory=dict, compare=False)
    rate: int | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """Data that a Runefile names `$NAME`: given inline, by a path, or not yet (both None)."""

    name: str
    type: Literal["string", "binary"] = "string"
    inline: str | None = None
    path: str | None = None
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A Runefile of whatever generation, lowered: stages in order of execution.

    `base` is what FROM names. `period_ms` is None where the Runefile leaves it to the default,
    0 means on request only. `limits` are what the Runefile states (`call_ms`). `folder` is where
    relative paths start. `inherited` holds the models and custom blocks, by stage, that come from
    the base and not from files.
    """

    name: str
    base: str
    stages: tuple[Stage, ...]
    resources: Mapping[str, Resource] = field(default_factory=dict)
    period_ms: int | None = None
    release: str | None = None
    security_counter: int | None = None
    rounding: str | None = None
    limits: Mapping[str, int] = field(default_factory=dict)
    file: str = field(default="", compare=False)
    folder: str = field(default="", compare=False)
    inherited: Mapping[str, bytes] = field(default_factory=dict)
    generation: Generation = field(default="G2", compare=False)

    def stage(self, name: str) -> Stage:
        """Return the stage of that name; KeyError when there is none."""
        for stage in self.stages:
            if stage.name == name:
                return stage
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class BuildWarning:
    """Something that does not stop a build, with the place it was seen at."""

    span: Span
    what: str

    def __str__(self) -> str:
        """Write as one line: `file:line:column: warning: what`."""
        return f"{self.span}: warning: {self.what}"


@dataclass(frozen=True, slots=True)
class Rune:
    """A built Rune: the bytes of its `.rune` and the manifest that stands in them.

    The manifest is the map of docs/rune-format.md, with text keys, in plain Python types. Runes of
    the original toolchain have none: `manifest` is then None.
    """

    name: str
    data: bytes
    manifest: Mapping[str, Any] | None
    warnings: tuple[BuildWarning, ...] = ()


@dataclass(frozen=True, slots=True)
class Board:
    """A target as `targets ls` shows it; facts are what the board said of itself, if asked."""

    target: str
    type: str
    name: str
    available: bool
    facts: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one board can run one Rune; every reason against, in plain words with numbers."""

    board: str
    reasons: tuple[str, ...]
    ram_bytes: int

    @property
    def ok(self) -> bool:
        """Tell whether nothing speaks against it."""
        return not self.reasons


@dataclass(frozen=True, slots=True)
class Result:
    """What one call of a Rune sent to one of its outputs."""

    rune: str
    channel: int
    kind: str
    sequence: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Record:
    """One log record of a board: `ticks_ms` is since the board's boot number `boot`."""

    sequence: int
    level: str
    rune: str
    ticks_ms: int
    text: str
    boot: int
