"""Writes a Document of the paper's or the typed form in its canonical form."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from runicd.runefile.syntax import (
    ArgDecl,
    Document,
    LimitDecl,
    RunDecl,
    StageDecl,
    TypeDecl,
)
from runicd.runefile.weave import Line, weave
from runicd.types import ArgValue

MAX_COLUMNS = 99
_KEYWORDS = {"capability": "CAPABILITY", "block": "PROC_BLOCK", "model": "MODEL", "output": "OUT"}
_BARE = re.compile(r"[^\s,\[\]\"\\#<-][^\s,\]\"\\]*")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def write_old(document: Document, source: str) -> str:
    """Return the canonical text; comments and single blank lines are kept."""
    lines = []
    if document.base is not None:
        lines += _wrapped(["FROM", _word(document.base.text)], document.base.span.line)
    for item in document.items:
        lines += _wrapped(list(_item_parts(item)), item.span.line)
    return weave(lines, document.comments, source)


def _item_parts(item: StageDecl | RunDecl | LimitDecl) -> Iterator[str]:
    if isinstance(item, StageDecl):
        yield from _stage(item)
    elif isinstance(item, RunDecl):
        yield "RUN"
        yield from (word.text for word in item.names)
    else:
        yield from ("LIMIT", item.name.text, str(item.value))


def _wrapped(parts: list[str], source_line: int) -> list[Line]:
    """Join the parts of a statement; a long one goes on after backslashes."""
    rows = [""]
    for part in parts:
        row = f"{rows[-1]} {part}" if rows[-1].strip() else rows[-1] + part
        if len(row) + 2 > MAX_COLUMNS and rows[-1].strip():
            rows.append(f"    {part}")
        else:
            rows[-1] = row
    texts = [f"{row} \\" for row in rows[:-1]] + rows[-1:]
    return [Line(text, source_line if index == 0 else 0) for index, text in enumerate(texts)]


def _stage(stage: StageDecl) -> Iterator[str]:
    keyword = _KEYWORDS[stage.kind]
    typed = any(not _is_shape(one) for one in (*stage.input_types, *stage.outputs))
    words = [_word(stage.what.text), stage.name.text]
    if stage.kind == "output":
        words = words[:1]
    elif typed:
        words.reverse()
        types = [_type(one) for one in (*stage.input_types, *stage.outputs)]
        keyword += f"<{','.join(types)}>"
    yield keyword
    yield from words
    if not typed:
        yield from (f"--input {_shape(one)}" for one in stage.input_types)
        yield from (f"--output {_shape(one)}" for one in stage.outputs)
    yield from (f"--{arg.name.text} {_value(arg)}" for arg in stage.args)


def _is_shape(declared: TypeDecl) -> bool:
    """Tell `--input [1,2]` from a type."""
    return declared.element is None and declared.dims is not None


def _word(text: str) -> str:
    plain = bool(text) and not re.search(r'[\s"\\]', text) and text[0] not in "#-<"
    return text if plain else _quoted(text)


def _quoted(text: str) -> str:
    body = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{body}"'


def _shape(declared: TypeDecl) -> str:
    return f"[{','.join(map(str, declared.dims or ()))}]"


def _type(declared: TypeDecl) -> str:
    if declared.element is None:
        return "_"
    return declared.element.text.lower() + (_shape(declared) if declared.dims else "")


def _value(arg: ArgDecl) -> str:
    if isinstance(arg.value, tuple):
        items = [_item(value) for value in arg.value]
        bare = len(items) > 1
        return ",".join(items) if bare else f"[{','.join(items)}]"
    return _item(arg.value)


def _item(value: ArgValue) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    if _BARE.fullmatch(value) and not _NUMBER.fullmatch(value):
        return value
    return _quoted(value)
