"""Lowers a Document of any form to one Pipeline: names resolved, RUN turned into inputs, ordered.

Types and files are not looked at here; `check` does that. Every fault is noted and lowering goes
on, so that one run shows all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from runicd.runefile.base import Base, is_stock_base, load_base
from runicd.runefile.capabilities import BUILT_OUTPUTS, KIND_NAMES, OUTPUT_NAMES
from runicd.runefile.faults import Faults, did_you_mean
from runicd.runefile.order import order_stages
from runicd.runefile.rates import is_rate, read_rate
from runicd.runefile.syntax import ArgDecl, Document, RunDecl, StageDecl, TypeDecl, Word
from runicd.types import (
    ELEMENT_BYTES,
    NOWHERE,
    ArgValue,
    Pipeline,
    Resource,
    Span,
    Stage,
    TensorRef,
    TensorType,
)

MAX_STAGES = 64
FORMATS = ("onnx", "tensorflow", "tensorflow-js", "tensorflow-lite")
OPEN_DIMS: tuple[int, ...] = ()
_PROC_BLOCK_PATH = re.compile(r"[\w:/.-]+(@[\w./-]+)?(#[\w./-]+)?", re.ASCII)


def lower(document: Document, name: str, folder: str, faults: Faults) -> Pipeline:
    """Return the Pipeline of a Document; after faults it may be incomplete."""
    base = _base(document, folder, faults)
    has_frame = document.generation == "G2" or _check_frame(document, base, faults)
    resources = _resources(document, faults)
    inputs = _run_inputs(document, base, faults)
    declared = _unique(document.stages, faults)
    stages = []
    for stage in declared:
        with faults.about(stage.name.text):
            stages.append(_stage(stage, inputs, resources, document, faults))
    merged = base.extend(stages) if base else stages
    if not merged and not faults.lost:
        faults.add(Span(document.file, 1, 1), "the pipeline has no stage", "declare a capability")
    if len(merged) > MAX_STAGES:
        faults.stop(declared[-1].span, f"{len(merged)} stages are more than {MAX_STAGES}")
    _check_references(merged, faults, says_inputs=has_frame)
    kept = {stage.name for stage in merged}
    return Pipeline(
        name=name,
        base=document.base.text if document.base else "runicos/base",
        stages=tuple(order_stages(merged, faults)),
        resources=resources,
        period_ms=_first(document.period_ms, base.period_ms if base else None),
        release=document.release,
        security_counter=document.security_counter,
        rounding=document.rounding or (base.rounding if base else None),
        limits={**(base.limits if base else {}), **document.limits},
        file=document.file,
        folder=folder,
        inherited=_inherited(base, declared, kept),
        generation=document.generation,
    )


def _first(own: int | None, inherited: int | None) -> int | None:
    return inherited if own is None else own


def _inherited(
    base: Base | None, declared: Iterable[StageDecl], kept: set[str]
) -> dict[str, bytes]:
    """Keep the base's models and blocks that no stage replaces and some stage still needs."""
    own = {stage.name.text for stage in declared}
    files = base.files if base else {}
    return {name: data for name, data in files.items() if name in kept - own}


def _base(document: Document, folder: str, faults: Faults) -> Base | None:
    word = document.base
    if word is None or is_stock_base(word.text):
        return None
    return load_base(folder, word, faults)


def _check_frame(document: Document, base: Base | None, faults: Faults) -> bool:
    """Check that an old form has its FROM and RUN; tell whether stages' inputs are known.

    They are not after a line that could not be read: it may have been the one that is missing.
    """
    if faults.lost:
        return False
    if document.base is None:
        remedy = "begin with FROM runicos/base"
        faults.add(Span(document.file, 1, 1), "no FROM names a base", remedy)
    has_run = any(isinstance(item, RunDecl) for item in document.items)
    if has_run or not document.stages or base is not None:
        return True
    what = "no RUN says in which order the stages run"
    faults.add(document.stages[-1].span, what, "add RUN first second")
    return False


def _unique(stages: Iterable[StageDecl], faults: Faults) -> list[StageDecl]:
    seen: dict[str, StageDecl] = {}
    for stage in stages:
        first = seen.setdefault(stage.name.text, stage)
        if first is not stage:
            what = f'"{stage.name.text}" comes twice, first in line {first.name.span.line}'
            faults.add(stage.name.span, what, "rename one of them")
    return list(seen.values())


def _resources(document: Document, faults: Faults) -> dict[str, Resource]:
    return {
        declared.name.text: Resource(
            declared.name.text,
            declared.type,
            declared.inline,
            declared.path.text if declared.path else None,
            declared.path.span if declared.path else declared.span,
        )
        for declared in document.resources
    }


def _run_inputs(
    document: Document, base: Base | None, faults: Faults
) -> dict[str, tuple[TensorRef, ...]]:
    """Turn RUN and OUT into inputs: a stage takes the one before, an OUT the last of its RUN."""
    if document.generation == "G2":
        return {}
    known = {stage.name.text for stage in document.stages} | (base.names if base else set())
    runs = [item for item in document.items if isinstance(item, RunDecl)]
    inputs: dict[str, tuple[TensorRef, ...]] = {}
    for run in runs:
        _chain(run, known, inputs, faults)
    current = runs[0] if runs else None
    for item in document.items:
        if isinstance(item, RunDecl):
            current = item
        elif isinstance(item, StageDecl) and item.kind == "output":
            last = _last(current, known, base)
            if last is None:
                faults.spoilt.add(item.name.text)
            else:
                inputs[item.name.text] = (TensorRef(last.text, 0, last.span),)
    return inputs


def _last(run: RunDecl | None, known: set[str], base: Base | None) -> Word | None:
    """Return the stage whose data an OUT sends: the last of its RUN, or else the base's."""
    if run is not None:
        return next((word for word in reversed(run.names) if word.text in known), None)
    return Word(base.last) if base is not None and base.last is not None else None


def _chain(
    run: RunDecl, known: set[str], inputs: dict[str, tuple[TensorRef, ...]], faults: Faults
) -> None:
    previous: Word | None = None
    for word in run.names:
        if word.text not in known:
            if word.text not in faults.lost:
                what = f'RUN names "{word.text}", which is declared nowhere'
                faults.add(word.span, what, did_you_mean(word.text, known))
            previous = None
            continue
        if previous is not None:
            source = TensorRef(previous.text, 0, previous.span)
            if inputs.get(word.text, (source,)) != (source,):
                faults.add(
                    word.span,
                    f'"{word.text}" is run after two different stages',
                    "declare it twice",
                )
            inputs[word.text] = (source,)
        previous = word


def _stage(
    declared: StageDecl,
    inputs: Mapping[str, tuple[TensorRef, ...]],
    resources: Mapping[str, Resource],
    document: Document,
    faults: Faults,
) -> Stage:
    own = declared.inputs if declared.inputs is not None else inputs.get(declared.name.text, ())
    return Stage(
        name=declared.name.text,
        kind=declared.kind,
        what=_what(declared, resources, document, faults),
        args=_args(declared, resources, faults),
        inputs=own,
        outputs=tuple(_type(one, faults) for one in declared.outputs),
        declared_inputs=tuple(_type(one, faults) for one in declared.input_types),
        span=declared.name.span if document.generation == "G2" else declared.span,
        what_span=declared.what.span,
        arg_spans={arg.name.text: arg.span for arg in declared.args},
        rate=read_rate(declared, faults),
    )


def _what(
    declared: StageDecl, resources: Mapping[str, Resource], document: Document, faults: Faults
) -> str:
    text = declared.what.text
    if declared.kind == "capability":
        return _known(declared.what, KIND_NAMES, "capability", faults)
    if declared.kind == "output":
        return _output(declared.what, faults)
    if declared.kind == "model":
        _check_model_resource(declared.what, resources, faults)
    elif not _PROC_BLOCK_PATH.fullmatch(text):
        faults.add(
            declared.what.span,
            f'"{text}" is no path to a block',
            "write name, owner/repo#path or ./file",
        )
    elif document.generation == "G2" and "/" in text and "@" not in text and text[0] != ".":
        hint = text.replace("#", "@0.11.3#", 1) if "#" in text else f"{text}@0.11.3"
        faults.warn(
            declared.what.span,
            f'The "{text}" proc block used by "{declared.name.text}" should have '
            f'a version specifier (hint: change it to something like "{hint}")',
        )
    return text


def _known(word: Word, names: Mapping[str, str], kind: str, faults: Faults) -> str:
    if word.text not in names:
        spellings = [name for name in names if name.isupper()]
        remedy = did_you_mean(word.text, spellings, set(names.values()))
        faults.add(word.span, f'unknown {kind} "{word.text}"', remedy)
        return ""
    return names[word.text]


def _output(word: Word, faults: Faults) -> str:
    kind = _known(word, OUTPUT_NAMES, "output", faults)
    if kind and kind not in BUILT_OUTPUTS:
        remedy = f"use one of {', '.join(BUILT_OUTPUTS)}"
        faults.add(word.span, f"{kind} is reserved; no board has it yet", remedy)
    return kind


def _check_model_resource(word: Word, resources: Mapping[str, Resource], faults: Faults) -> None:
    if not word.text.startswith("$"):
        return
    if word.text not in resources:
        faults.add(
            word.span, f'No definition for "{word.text}"', did_you_mean(word.text, resources)
        )
    elif resources[word.text].type != "binary":
        faults.add(
            word.span, f'"{word.text}" should be a binary resource', "add type: binary to it"
        )


def _args(
    declared: StageDecl, resources: Mapping[str, Resource], faults: Faults
) -> dict[str, ArgValue]:
    args: dict[str, ArgValue] = {}
    for arg in declared.args:
        if is_rate(declared.kind, arg.name.text):
            continue
        if arg.name.text in args:
            faults.add(arg.name.span, f'argument "{arg.name.text}" comes twice', "keep one")
        args[arg.name.text] = _arg_value(arg, resources, faults)
    if declared.kind == "model":
        _check_format(declared, args, faults)
        unused = ", ".join(sorted(key for key in args if key != "format"))
        if unused:
            faults.warn(
                declared.args[0].name.span, f"Unused arguments for {declared.name.text}: {unused}"
            )
    elif declared.kind == "output" and args:
        names = ", ".join(sorted(args))
        span = next(arg.name.span for arg in declared.args if arg.name.text in args)
        faults.warn(span, f"Unused arguments for {declared.name.text}: {names}")
    return args


def _arg_value(arg: ArgDecl, resources: Mapping[str, Resource], faults: Faults) -> ArgValue:
    if isinstance(arg.value, tuple):
        return "\n".join(map(str, arg.value))
    is_reference = isinstance(arg.value, str) and re.fullmatch(
        r"\$[_a-zA-Z][_a-zA-Z0-9]*", arg.value
    )
    if is_reference and arg.value not in resources:
        remedy = did_you_mean(str(arg.value), resources)
        faults.add(
            arg.span, f'No definition for "{arg.value}"', remedy or "define it under resources"
        )
    return arg.value


def _check_format(declared: StageDecl, args: Mapping[str, ArgValue], faults: Faults) -> None:
    given = args.get("format", "tensorflow-lite")
    span = next((arg.span for arg in declared.args if arg.name.text == "format"), NOWHERE)
    if given not in FORMATS:
        what = f'Expected the format to be one of {", ".join(FORMATS)}, but found "{given}"'
        faults.add(span, what, "boards run tensorflow-lite")
    elif given != "tensorflow-lite":
        faults.add(span, f"no board runs a {given} model", "convert it to tensorflow-lite")


def _type(declared: TypeDecl, faults: Faults) -> TensorType | None:
    """Resolve a written type; None where it leaves the element open or the element is unknown.

    An element whose shape is open has OPEN_DIMS. A shape whose element is open has the element "".
    """
    dims = OPEN_DIMS if declared.dims is None else declared.dims
    if declared.element is None:
        return TensorType("", dims) if dims else None
    element = declared.element.text.lower()
    if element not in ELEMENT_BYTES:
        is_text = element in {"str", "string"}
        remedy = 'did you mean "utf8"?' if is_text else did_you_mean(element, ELEMENT_BYTES)
        faults.add(
            declared.element.span, f'Unknown element type, "{declared.element.text}"', remedy
        )
        return None
    return TensorType(element, dims)


def _check_references(stages: list[Stage], faults: Faults, *, says_inputs: bool) -> None:
    by_name = {stage.name: stage for stage in stages}
    silent = faults.spoilt if says_inputs else by_name.keys()
    for stage in stages:
        if stage.kind == "capability" and stage.inputs:
            faults.add(
                stage.span, f'"{stage.name}" is a capability and takes no input', "run it first"
            )
        elif stage.kind != "capability" and not stage.inputs and stage.name not in silent:
            what = f'"{stage.name}" has no input'
            faults.add(stage.span, what, "name the stage that it takes data from")
        for source in stage.inputs:
            _check_reference(stage, source, by_name, faults)


def _check_reference(
    stage: Stage, source: TensorRef, by_name: Mapping[str, Stage], faults: Faults
) -> None:
    span = source.span if source.span.line else stage.span
    if source.stage in faults.lost and source.stage not in by_name:
        return
    if source.stage not in by_name:
        senders = [
            name
            for name, other in by_name.items()
            if other.kind != "output" and name != stage.name
        ]
        what = f'Unable to find "{source.stage}" to use as an input for "{stage.name}"'
        faults.add(span, what, did_you_mean(source.stage, senders))
    elif by_name[source.stage].kind == "output":
        faults.add(
            span,
            f'The "{source.stage}" node has no {source.index}\'th output',
            "an output ends the pipeline",
        )
