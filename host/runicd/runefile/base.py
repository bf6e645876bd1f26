"""FROM: the stock base, or another Rune whose pipeline is inherited.

As with images: what the base has is there, a stage of the same name replaces the base's, and an
output of one's own replaces all of the base's outputs. Stages that then lead nowhere are dropped,
and with them the permissions they would have asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from runicd.errors import RuneFormatError
from runicd.runefile.faults import Faults, did_you_mean
from runicd.runefile.limits import LIMITS
from runicd.runefile.rates import inherited
from runicd.runefile.read_rune import RuneFile, read_rune
from runicd.runefile.resources import read_file
from runicd.runefile.syntax import Word
from runicd.types import Span, Stage, TensorRef, TensorType

STOCK_BASE = "runicos/base"


def is_stock_base(text: str) -> bool:
    """Tell `runicos/base`, with or without a version."""
    return text.split("@", maxsplit=1)[0].split(":", maxsplit=1)[0] == STOCK_BASE


@dataclass(frozen=True, slots=True)
class Base:
    """An inherited pipeline; `files` holds its models and custom blocks by stage."""

    stages: tuple[Stage, ...]
    files: Mapping[str, bytes]
    period_ms: int
    rounding: str
    limits: Mapping[str, int]

    @property
    def names(self) -> set[str]:
        """Names of the stages that can be built upon."""
        return {stage.name for stage in self.stages if stage.kind != "output"}

    @property
    def last(self) -> str | None:
        """The stage whose data the base's first output sends."""
        return next(
            (stage.inputs[0].stage for stage in self.stages if stage.kind == "output"), None
        )

    def extend(self, own: list[Stage]) -> list[Stage]:
        """Return the base's stages and the new ones, replaced and pruned as the module says."""
        by_name = {stage.name: stage for stage in own}
        has_outputs = any(stage.kind == "output" for stage in own)
        merged = []
        for stage in self.stages:
            if stage.name in by_name:
                new = by_name.pop(stage.name)
                merged.append(
                    new
                    if new.inputs or new.kind == "capability"
                    else replace(new, inputs=stage.inputs)
                )
            elif stage.kind != "output" or not has_outputs:
                merged.append(stage)
        merged.extend(by_name.values())
        return _prune(merged, {stage.name for stage in own})


def _prune(stages: list[Stage], own: Iterable[str]) -> list[Stage]:
    """Keep own stages, outputs, and everything that these take data from."""
    by_name = {stage.name: stage for stage in stages}
    pending = [stage.name for stage in stages if stage.name in set(own) or stage.kind == "output"]
    needed: set[str] = set()
    while pending:
        name = pending.pop()
        if name in by_name and name not in needed:
            needed.add(name)
            pending.extend(source.stage for source in by_name[name].inputs)
    return [stage for stage in stages if stage.name in needed]


def load_base(folder: str, word: Word, faults: Faults) -> Base | None:
    """Read the Rune that FROM names; None after a fault."""
    if not word.text.endswith(".rune") and not word.text.startswith((".", "/")):
        remedy = did_you_mean(word.text, [STOCK_BASE])
        remedy = remedy if remedy.startswith("did") else "use runicos/base, or the path of a .rune"
        faults.add(word.span, f'there is no base "{word.text}"', remedy)
        return None
    data = read_file(folder, word.text, word.span, faults)
    if data is None:
        return None
    try:
        rune = read_rune(data)
    except RuneFormatError as error:
        faults.add(word.span, f'"{word.text}": {error.what}', error.remedy)
        return None
    if rune.is_original:
        what = f'"{word.text}" was made by the original toolchain, which compiles its stages in'
        faults.add(word.span, what, "build it from its Runefile with runicd, then extend that")
        return None
    try:
        return _base_of(rune, word.span)
    except KeyError:
        faults.add(
            word.span,
            f'"{word.text}": a stage takes a tensor that nothing gives',
            "build it again",
        )
        return None


def _base_of(rune: RuneFile, span: Span) -> Base:
    fields = rune.fields
    assert fields is not None
    tensors = [_type(tensor) for tensor in fields["tensors"]]
    makers: dict[int, TensorRef] = {}
    for record in fields["capabilities"]:
        makers[record["tensor"]] = TensorRef(record["name"], 0, span)
    for record in [*fields["blocks"], *fields["models"]]:
        makers.update(
            {
                tensor: TensorRef(record["name"], index, span)
                for index, tensor in enumerate(record["outputs"])
            }
        )
    lists = {
        "capability": "capabilities",
        "block": "blocks",
        "model": "models",
        "output": "outputs",
    }
    stages = []
    files: dict[str, bytes] = {}
    for kind, index in fields["stages"]:
        record = fields[lists[kind]][index]
        stage = _stage(kind, record, tensors, makers, span)
        stages.append(replace(stage, rate=inherited(record, kind, fields["period_ms"])))
        if "section" in record:
            files[record["name"]] = (rune.models if kind == "model" else rune.blocks)[
                record["section"]
            ]
    stated = {name: fields["limits"][name] for name in LIMITS if name in fields["limits"]}
    return Base(tuple(stages), files, fields["period_ms"], fields["rounding"], stated)


def _type(tensor: Mapping[str, Any]) -> TensorType:
    text_bytes = tensor["bytes"] if tensor["type"] == "utf8" else 0
    return TensorType(tensor["type"], tuple(tensor["dims"]), text_bytes)


def _stage(
    kind: Any,
    record: Mapping[str, Any],
    tensors: list[TensorType],
    makers: Mapping[int, TensorRef],
    span: Span,
) -> Stage:
    outputs = [record["tensor"]] if kind == "capability" else record.get("outputs", [])
    what = record.get("kind") or record.get("block") or "./inherited"
    return Stage(
        name=record["name"],
        kind=kind,
        what=what,
        args=dict(record.get("params", record.get("args", {}))),
        inputs=tuple(makers[tensor] for tensor in record.get("inputs", [])),
        outputs=tuple(tensors[tensor] for tensor in outputs),
        span=span,
        what_span=span,
    )
