"""What a Rune's models are made of: operators with counts, parameters, multiplications, arena."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from runicd.errors import ModelError
from runicd.model.facts import kernel_name, model_facts
from runicd.model.read_tflite import Model, read_tflite
from runicd.runefile.read_rune import RuneFile

_DATA_SECTION = 11
_MAX_MODELS = 16


@dataclass(frozen=True, slots=True)
class ModelSummary:
    """One model; `bytes` is None where unknown, `fault` says why nothing else is known.

    `table_bytes` is for pointers of 64 bits, `narrow_table_bytes` for those of 32; `packed_bytes`
    is what boards that pack weights take besides.
    """

    name: str
    bytes: int | None
    ops: dict[str, int]
    parameters: int
    macs: int
    arena_bytes: int
    table_bytes: int
    narrow_table_bytes: int
    packed_bytes: int
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    fault: str = ""


def summarise_model(name: str, data: bytes) -> ModelSummary:
    """Describe a `.tflite` file; a broken one gets its fault."""
    try:
        return _summary(name, read_tflite(data), len(data))
    except ModelError as error:
        return ModelSummary(name, len(data), {}, 0, 0, 0, 0, 0, 0, (), (), str(error))


def _summary(name: str, model: Model, size: int | None) -> ModelSummary:
    facts = model_facts(model)
    counts = Counter(kernel_name(model, op) for op in model.ops)
    return ModelSummary(
        name,
        size,
        dict(sorted(counts.items())),
        facts.parameters,
        facts.macs,
        facts.arena_bytes,
        facts.table_bytes,
        facts.narrow_table_bytes,
        facts.packed_bytes,
        _types(model, model.inputs),
        _types(model, model.outputs),
    )


def _types(model: Model, indices: tuple[int, ...]) -> tuple[str, ...]:
    tensors = [model.tensors[index] for index in indices]
    return tuple(f"{one.element}[{', '.join(map(str, one.shape))}]" for one in tensors)


def embedded_models(rune: RuneFile) -> Iterator[ModelSummary]:
    """Find the models in an original Rune's data, where they stand without name or length."""
    names = list(_graph_names(rune))
    found = 0
    for section in rune.module.sections:
        if section.id != _DATA_SECTION:
            continue
        payload = rune.module.payload(section)
        at = payload.find(b"TFL3")
        while at >= 4 and found < _MAX_MODELS:
            try:
                model = read_tflite(payload[at - 4 :])
            except ModelError:
                model = None
            if model is not None and model.ops:
                yield _summary(
                    names[found] if found < len(names) else f"model {found}", model, None
                )
                found += 1
            at = payload.find(b"TFL3", at + 1)


def _graph_names(rune: RuneFile) -> Iterator[str]:
    models = (rune.graph or {}).get("models", {})
    return iter(models if isinstance(models, dict) else {})
