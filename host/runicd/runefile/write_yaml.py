"""Writes a Document as YAML, in canonical form: fixed order of keys, one style for each value."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from runicd.runefile.syntax import Document, ResourceDecl, StageDecl, TypeDecl
from runicd.runefile.weave import Line, weave
from runicd.types import ArgValue

_KIND_KEYS = {"capability": "capability", "block": "proc-block", "model": "model", "output": "out"}
# Nothing that YAML could take for a number, a truth value, nothing, or syntax.
_PLAIN = re.compile(r"[A-Za-z_./$][A-Za-z0-9_./$#@:+-]*")
_WORDS = {"y", "n", "yes", "no", "true", "false", "on", "off", "null", "~"}


def write_yaml(document: Document, source: str) -> str:
    """Return the canonical text; comments and single blank lines are kept."""
    return weave(list(_lines(document)), document.comments, source)


def _lines(document: Document) -> Iterator[Line]:
    at = document.lines
    yield Line("version: 1", at.get(":version", 0))
    base = document.base
    yield Line(
        f"image: {scalar(base.text if base else 'runicos/base')}", base.span.line if base else 0
    )
    if document.period_ms is not None:
        yield Line(f"period_ms: {document.period_ms}", at.get(":period_ms", 0))
    if document.release is not None:
        yield Line(f"release: {scalar(document.release)}", at.get(":release", 0))
    if document.security_counter is not None:
        counter = document.security_counter
        yield Line(f"security_counter: {counter}", at.get(":security_counter", 0))
    if document.rounding is not None:
        yield Line(f"rounding: {scalar(document.rounding)}", at.get(":rounding", 0))
    if document.limits:
        yield Line("limits:", at.get(":limits", 0))
    for name, value in document.limits.items():
        yield Line(f"  {name}: {value}", at.get(":limits", 0))
    yield Line("pipeline:", at.get(":pipeline", 0))
    for stage in document.stages:
        yield from _stage(stage)
    if document.resources:
        yield Line("resources:", at.get(":resources", 0))
    for resource in document.resources:
        yield from _resource(resource)


def _stage(stage: StageDecl) -> Iterator[Line]:
    yield Line(f"  {scalar(stage.name.text)}:", stage.name.span.line)
    yield Line(f"    {_KIND_KEYS[stage.kind]}: {scalar(stage.what.text)}", stage.what.span.line)
    if stage.inputs:
        names = ", ".join(map(str, stage.inputs))
        yield Line(f"    inputs: [{names}]", stage.inputs[0].span.line)
    if stage.outputs:
        yield Line("    outputs:")
    for declared in stage.outputs:
        yield from _output(declared)
    if stage.args:
        yield Line("    args:")
    for arg in stage.args:
        value = "\n".join(map(str, arg.value)) if isinstance(arg.value, tuple) else arg.value
        yield from _entry(6, arg.name.text, value, arg.name.span.line)


def _output(declared: TypeDecl) -> Iterator[Line]:
    element = declared.element.text.lower() if declared.element else "_"
    yield Line(f"      - type: {scalar(element)}", declared.span.line)
    if declared.dims:
        yield Line(f"        dimensions: [{', '.join(map(str, declared.dims))}]")


def _resource(resource: ResourceDecl) -> Iterator[Line]:
    yield Line(f"  {scalar(resource.name.text)}:", resource.name.span.line)
    if resource.inline is not None:
        yield from _entry(4, "inline", resource.inline, 0)
    if resource.path is not None:
        yield Line(f"    path: {scalar(resource.path.text)}", resource.path.span.line)
    if resource.type != "string" or (resource.inline is None and resource.path is None):
        yield Line(f"    type: {resource.type}")


def _entry(indent: int, key: str, value: ArgValue, source_line: int) -> Iterator[Line]:
    """Write `key: value`; a text of several lines becomes a block."""
    pad = " " * indent
    if not isinstance(value, str) or not _is_block(value):
        yield Line(f"{pad}{scalar(key)}: {scalar(value)}", source_line)
        return
    body = value.removesuffix("\n")
    yield Line(f"{pad}{scalar(key)}: |{'' if body != value else '-'}", source_line)
    for row in body.split("\n"):
        yield Line(f"{pad}  {row}" if row else "")


def _is_block(text: str) -> bool:
    """Tell a text that can stand as a block as it is: lines without odd spaces or characters."""
    body = text.removesuffix("\n")
    rows = body.split("\n")
    sound = all(row == row.strip() and row.isprintable() for row in rows)
    return len(rows) > 1 and sound and bool(rows[0]) and bool(rows[-1]) and _one_blank(rows)


def _one_blank(rows: list[str]) -> bool:
    """Tell that no two blank rows follow each other: `fmt` would make them one."""
    return all(row or after for row, after in itertools.pairwise(rows))


def scalar(value: ArgValue) -> str:
    """Write one value so that it reads back the same: plain where that is safe, else quoted."""
    if not isinstance(value, str):
        return _number(value)
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS and not value.endswith(":"):
        is_safe = not re.search(r":(?![\w/.])", value) and not re.fullmatch(r"[.\d_eE+-]+", value)
        if is_safe and value.lower() not in {".inf", ".nan"}:
            return value
    return f'"{"".join(map(_escaped, value))}"'


def _escaped(character: str) -> str:
    """Write one character of a quoted text; YAML has no surrogate pairs, as JSON has."""
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    code = ord(character)
    return (
        f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
    )


def _number(value: float) -> str:
    """Write a number; YAML 1.1 wants a point before an exponent."""
    text = repr(value)
    mantissa, mark, exponent = text.partition("e")
    if not mark:
        return text
    sign = "" if exponent[0] in "+-" else "+"
    return f"{mantissa if '.' in mantissa else f'{mantissa}.0'}e{sign}{exponent}"
