"""`fmt`, the canonical text of the same form, and `convert`, the YAML of an old one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from runicd.errors import RunefileError
from runicd.runefile.build import build_pipeline, default_name, find_runefile
from runicd.runefile.check import check
from runicd.runefile.faults import Faults
from runicd.runefile.parse import parse
from runicd.runefile.rates import rate_argument
from runicd.runefile.source import Source, read_source
from runicd.runefile.syntax import ArgDecl, Document, StageDecl, TypeDecl, Word
from runicd.runefile.typed import TypedPipeline, TypedStage
from runicd.runefile.write_old import write_old
from runicd.runefile.write_yaml import write_yaml
from runicd.types import Span, TensorRef, TensorType


def format_runefile(source: Source) -> str:
    """Return the canonical text of a Runefile, comments kept. Raises RunefileError.

    A key that nobody knows is a fault here: writing the file anew would lose it.
    """
    document = _parsed(source)
    text = write_yaml if document.generation == "G2" else write_old
    return text(document, source.text)


def _parsed(source: Source) -> Document:
    faults = Faults()
    document = parse(source, faults)
    for warning in faults.warnings:
        faults.add(warning.span, warning.what, "remove it, or it would be lost")
    faults.stop_if_any()
    if document is None:
        raise RunefileError([])
    return document


def convert_runefile(path: str | Path) -> str:
    """Return the YAML form of a Runefile of any form, which builds the same Rune.

    The Runefile must build, since the old forms leave types to be found in the models. Raises
    RunefileError or InputError.
    """
    runefile = find_runefile(path)
    source = read_source(runefile)
    document = _parsed(source)
    if document.generation == "G2":
        return write_yaml(document, source.text)
    faults = Faults()
    name = default_name(runefile)
    pipeline = build_pipeline(source, name, str(runefile.parent), faults)
    typed = check(pipeline, faults)
    return write_yaml(_as_yaml(document, typed), source.text)


def _as_yaml(document: Document, typed: TypedPipeline) -> Document:
    declared = {stage.name.text: stage for stage in document.stages}
    own = {*declared, *(f"{name}_filtered" for name in declared)}
    makers = {
        tensor: TensorRef(stage.name, index)
        for stage in typed.stages
        for index, tensor in enumerate(stage.outputs)
    }
    items = tuple(
        _stage(stage, declared.get(stage.name), typed, makers)
        for stage in typed.stages
        if stage.name in own
    )
    return replace(document, generation="G2", items=items)


def _stage(
    stage: TypedStage,
    declared: StageDecl | None,
    typed: TypedPipeline,
    makers: dict[int, TensorRef],
) -> StageDecl:
    span = declared.span if declared else Span("")
    args: tuple[ArgDecl, ...] = ()
    if stage.kind == "capability":
        args = tuple(ArgDecl(Word(key), value) for key, value in stage.args.items())
        args += rate_argument(stage)
    elif declared is not None:
        args = tuple(replace(arg, name=Word(arg.name.text)) for arg in declared.args)
    outputs = [typed.tensors[index] for index in stage.outputs]
    return StageDecl(
        stage.kind,
        Word(stage.name, span),
        Word(stage.what if stage.kind in {"capability", "output"} else stage.file),
        args,
        tuple(makers[tensor] for tensor in stage.inputs),
        (),
        tuple(_type(own) for own in outputs),
        span,
    )


def _type(own: TensorType) -> TypeDecl:
    return TypeDecl(Word(own.element), own.dims)
