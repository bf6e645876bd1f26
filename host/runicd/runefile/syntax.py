"""A Runefile as written: the declarations that all three forms come down to.

Nothing is resolved here: names are words, types may be missing, and every word keeps its place.
`fmt` and `convert` write a Document out again; `lower` turns it into a Pipeline.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from runicd.types import NOWHERE, ArgValue, Generation, Span, StageKind, TensorRef

KEYWORDS = ("FROM", "CAPABILITY", "PROC_BLOCK", "MODEL", "RUN", "OUT", "LIMIT")
TOP_KEYS = (
    "version",
    "image",
    "pipeline",
    "resources",
    "period_ms",
    "release",
    "security_counter",
    "rounding",
    "limits",
)


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of text and where it stands. Two words are equal when their texts are."""

    text: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class TypeDecl:
    """A tensor type as written: element None is "_", dims None leaves the shape open."""

    element: Word | None
    dims: tuple[int, ...] | None
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class ArgDecl:
    """One argument; a list is the old forms' `a,b,c` or `[1,2]`."""

    name: Word
    value: ArgValue | tuple[ArgValue, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class StageDecl:
    """One stage; inputs is None where RUN decides. `what` is its kind, block or file."""

    kind: StageKind
    name: Word
    what: Word
    args: tuple[ArgDecl, ...] = ()
    inputs: tuple[TensorRef, ...] | None = None
    input_types: tuple[TypeDecl, ...] = ()
    outputs: tuple[TypeDecl, ...] = ()
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class RunDecl:
    """`RUN a b c`: each stage takes the one before it as its input."""

    names: tuple[Word, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class LimitDecl:
    """`LIMIT call_ms 1000`."""

    name: Word
    value: int
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class ResourceDecl:
    """`$NAME: {inline|path, type}`."""

    name: Word
    type: Literal["string", "binary"] = "string"
    inline: str | None = None
    path: Word | None = None
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment, `#` included; `alone` when nothing else stands on its line."""

    text: str
    line: int
    alone: bool


@dataclass(frozen=True, slots=True)
class Document:
    """A whole Runefile. `items` keeps what an old form says in its order."""

    generation: Generation
    file: str
    base: Word | None
    items: tuple[StageDecl | RunDecl | LimitDecl, ...]
    resources: tuple[ResourceDecl, ...] = ()
    period_ms: int | None = None
    release: str | None = None
    rounding: str | None = None
    limits: Mapping[str, int] = field(default_factory=dict)
    security_counter: int | None = None
    comments: tuple[Comment, ...] = field(default=(), compare=False)
    lines: dict[str, int] = field(default_factory=dict, compare=False)

    @property
    def stages(self) -> tuple[StageDecl, ...]:
        """The stages alone."""
        return tuple(item for item in self.items if isinstance(item, StageDecl))
