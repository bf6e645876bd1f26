"""Parses the YAML form, keeping line and column of every node.

Rules: the text is composed into nodes, never constructed into Python objects, so that places stay
known and nothing in the file can run. Keys that nobody knows are warned about, not refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import yaml

from runicd.runefile.faults import Faults, did_you_mean
from runicd.runefile.limits import read_counter, read_limits, read_period
from runicd.runefile.source import Source
from runicd.runefile.syntax import (
    TOP_KEYS,
    ArgDecl,
    Comment,
    Document,
    ResourceDecl,
    StageDecl,
    TypeDecl,
    Word,
)
from runicd.types import ArgValue, Span, StageKind, TensorRef
from runicos.contract.checked_manifest import ROUNDINGS

if TYPE_CHECKING:
    from yaml.nodes import Node

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MAX_DEPTH = 32
_STAGE_KINDS: dict[str, StageKind] = {
    "model": "model",
    "proc-block": "block",
    "capability": "capability",
    "out": "output",
}
_STAGE_KEYS: dict[StageKind, tuple[str, ...]] = {
    "model": ("model", "inputs", "outputs", "args"),
    "block": ("proc-block", "inputs", "outputs", "args"),
    "capability": ("capability", "outputs", "args"),
    "output": ("out", "inputs", "args"),
}
_STAGE_NAME = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)
_INPUT = re.compile(r"([a-zA-Z_][\w-]*)(?:\.(\d+))?", re.ASCII)
_RESOURCE_NAME = re.compile(r"\$[_a-zA-Z][_a-zA-Z0-9]*")
_TAG = "tag:yaml.org,2002:"
_COMMENT_START = re.compile(r"(?:^|(?<=\s))#")


class YamlParser:
    """Walks one composed file; every method turns a node into a declaration or a fault."""

    def __init__(self, source: Source, faults: Faults) -> None:
        self.source = source
        self.faults = faults
        self.lines: dict[str, int] = {}

    def document(self) -> Document | None:
        """Return the Document; None after a fault that leaves nothing to read."""
        root = self._compose()
        if root is None:
            return None
        keys = self._map(root, "a Runefile")
        if keys is None:
            return None
        self._warn_unknown(keys, TOP_KEYS, "the Runefile")
        self.lines.update({f":{text}": self._span(key).line for text, (key, _) in keys.items()})
        self._version(root, keys)
        return Document(
            "G2",
            self.source.file,
            self._image(root, keys),
            tuple(self._stages(root, keys)),
            tuple(self._resources(keys)),
            read_period(keys, self._span, self.faults),
            self._release(keys),
            self._rounding(keys),
            self._limits(keys),
            read_counter(keys, self._span, self.faults),
            _comments(self.source.text, _scalar_ranges(root)),
            self.lines,
        )

    def _compose(self) -> Node | None:
        try:
            if self._is_too_deep():
                return None
            root = yaml.compose(self.source.text, Loader=_LOADER)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            span = (
                Span(self.source.file, mark.line + 1, mark.column + 1) if mark else self._whole()
            )
            context = f" {error.context}" if error.context else ""
            self.faults.add(span, f"is no YAML:{context} {error.problem}".replace("  ", " "))
            return None
        except yaml.YAMLError as error:
            self.faults.add(self._whole(), f"is no YAML: {' '.join(str(error).split())}")
            return None
        if root is None:
            self.faults.add(self._whole(), "is empty", "write version, image and pipeline")
        return root

    def _is_too_deep(self) -> bool:
        """Find nesting that no Runefile has, before the composer, which recurses, meets it."""
        depth = 0
        for event in yaml.parse(self.source.text, Loader=_LOADER):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            mark = event.start_mark
            if depth > _MAX_DEPTH and mark is not None:
                span = Span(self.source.file, mark.line + 1, mark.column + 1)
                self.faults.add(span, "is nested too deeply", f"nest {_MAX_DEPTH} levels at most")
                return True
        return False

    def _whole(self) -> Span:
        return Span(self.source.file, 1, 1)

    def _span(self, node: Node) -> Span:
        return Span(self.source.file, node.start_mark.line + 1, node.start_mark.column + 1)

    def _map(self, node: Node, what: str) -> dict[str, tuple[Node, Node]] | None:
        """Return key text to (key, value) nodes; a key given twice is a fault."""
        if not isinstance(node, yaml.MappingNode):
            self.faults.add(self._span(node), f"{what} is not a map", "write key: value lines")
            return None
        found: dict[str, tuple[Node, Node]] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.faults.add(self._span(key), f"a key of {what} is not a name")
            elif key.value in found:
                self.faults.add(
                    self._span(key), f'"{key.value}" comes twice', "rename or remove one"
                )
            else:
                found[key.value] = (key, value)
        return found

    def _warn_unknown(self, keys: dict[str, Any], known: tuple[str, ...], what: str) -> None:
        for text, (key, _) in keys.items():
            if text not in known:
                advice = did_you_mean(text, known)
                hint = f"; {advice}" if advice.startswith("did") else ""
                self.faults.warn(
                    self._span(key), f'{what} has no key "{text}"; it is ignored{hint}'
                )

    def _missing(self, node: Node, field: str, remedy: str) -> None:
        self.faults.add(self._span(node), f"missing field `{field}`", remedy)

    def _version(self, root: Node, keys: dict[str, tuple[Node, Node]]) -> None:
        if "version" not in keys:
            self._missing(root, "version", "add version: 1")
            return
        node = keys["version"][1]
        if node.tag == _TAG + "int" and node.value == "1":
            return
        if node.tag == _TAG + "int":
            what = f"invalid value: integer `{node.value}`, expected version to be 1"
        else:
            what = "missing field `version` (it must be the number 1)"
        self.faults.add(self._span(node), what, "write version: 1")

    def _text(self, node: Node, what: str) -> Word | None:
        """Return a scalar's text; null, lists and maps are faults."""
        if isinstance(node, yaml.ScalarNode) and node.tag != _TAG + "null":
            return Word(node.value, self._span(node))
        self.faults.add(self._span(node), f"{what} is not a text")
        return None

    def _image(self, root: Node, keys: dict[str, tuple[Node, Node]]) -> Word | None:
        if "image" not in keys:
            self._missing(root, "image", "add image: runicos/base")
            return None
        return self._text(keys["image"][1], "image")

    def _limits(self, keys: dict[str, tuple[Node, Node]]) -> dict[str, int]:
        found = self._map(keys["limits"][1], "limits") if "limits" in keys else None
        return read_limits(found or {}, self._span, self.faults)

    def _release(self, keys: dict[str, tuple[Node, Node]]) -> str | None:
        word = self._text(keys["release"][1], "release") if "release" in keys else None
        return word.text if word else None

    def _rounding(self, keys: dict[str, tuple[Node, Node]]) -> str | None:
        word = self._text(keys["rounding"][1], "rounding") if "rounding" in keys else None
        if word is not None and word.text not in ROUNDINGS:
            remedy = did_you_mean(word.text, ROUNDINGS)
            self.faults.add(word.span, f'"{word.text}" is no rounding', remedy)
        return word.text if word else None

    def _stages(self, root: Node, keys: dict[str, tuple[Node, Node]]) -> Iterator[StageDecl]:
        if "pipeline" not in keys:
            self._missing(root, "pipeline", "add pipeline: with at least one stage")
            return
        stages = self._map(keys["pipeline"][1], "the pipeline")
        for name, (key, value) in (stages or {}).items():
            self.lines[name] = self._span(key).line
            if not _STAGE_NAME.fullmatch(name):
                remedy = "use letters, digits, - and _, beginning with a letter or _"
                self.faults.add(self._span(key), f'"{name}" is no name', remedy)
            with self.faults.about(name):
                stage = self._stage(Word(name, self._span(key)), value)
            if stage is not None:
                yield stage
            else:
                self.faults.lost.add(name)

    def _stage(self, name: Word, node: Node) -> StageDecl | None:
        keys = self._map(node, f'stage "{name.text}"')
        if keys is None:
            return None
        chosen = next((key for key in _STAGE_KINDS if key in keys), None)
        if chosen is None:
            advice = next(
                (
                    did_you_mean(key, _STAGE_KINDS)
                    for key in keys
                    if key not in {"inputs", "outputs", "args"}
                ),
                "",
            )
            remedy = (
                advice if advice.startswith("did") else f"give one of {', '.join(_STAGE_KINDS)}"
            )
            self.faults.add(name.span, f'stage "{name.text}" says not what it is', remedy)
            return None
        kind = _STAGE_KINDS[chosen]
        self._warn_unknown(keys, _STAGE_KEYS[kind], f'stage "{name.text}"')
        what = self._text(keys[chosen][1], chosen) or Word("", self._span(keys[chosen][1]))
        return StageDecl(
            kind,
            name,
            what,
            tuple(self._args(name, keys)),
            tuple(self._inputs(keys)),
            (),
            tuple(self._outputs(keys)),
            name.span,
        )

    def _sequence(self, keys: dict[str, tuple[Node, Node]], key: str) -> list[Node]:
        if key not in keys:
            return []
        node = keys[key][1]
        if isinstance(node, yaml.SequenceNode):
            return list(node.value)
        self.faults.add(self._span(node), f"{key} is not a list", "write one line with - for each")
        return []

    def _inputs(self, keys: dict[str, tuple[Node, Node]]) -> Iterator[TensorRef]:
        for node in self._sequence(keys, "inputs"):
            word = self._text(node, "an input")
            match = _INPUT.fullmatch(word.text) if word else None
            if word and match:
                yield TensorRef(match.group(1), int(match.group(2) or 0), word.span)
            elif word:
                self.faults.add(
                    word.span, f'"{word.text}" is no input', "name a stage, or stage.N"
                )

    def _outputs(self, keys: dict[str, tuple[Node, Node]]) -> Iterator[TypeDecl]:
        for node in self._sequence(keys, "outputs"):
            parts = self._map(node, "an output")
            if parts is None:
                continue
            if "type" not in parts:
                self._missing(node, "type", "add type: f32")
                continue
            element = self._text(parts["type"][1], "type")
            dims = self._dimensions(parts["dimensions"][1]) if "dimensions" in parts else None
            yield TypeDecl(element, dims, self._span(node))

    def _dimensions(self, node: Node) -> tuple[int, ...] | None:
        items = list(node.value) if isinstance(node, yaml.SequenceNode) else [node]
        dims = []
        for item in items:
            if not isinstance(item, yaml.ScalarNode) or not re.fullmatch(
                r"0*[1-9][0-9]{0,9}", item.value
            ):
                shown = f'"{item.value}"' if isinstance(item, yaml.ScalarNode) else "this"
                self.faults.add(
                    self._span(item), f"{shown} is no dimension", "give whole numbers above 0"
                )
                return None
            dims.append(int(item.value))
        return tuple(dims)

    def _args(self, name: Word, keys: dict[str, tuple[Node, Node]]) -> Iterator[ArgDecl]:
        given = self._map(keys["args"][1], f'args of "{name.text}"') if "args" in keys else None
        for text, (key, node) in (given or {}).items():
            value = self._arg(node, text)
            if value is not None:
                yield ArgDecl(Word(text, self._span(key)), value, self._span(node))

    def _arg(self, node: Node, name: str) -> ArgValue | None:
        """Return text, a whole number or a float; lists, maps, true and null are refused."""
        remedy = "write text, a number or a $RESOURCE"
        if not isinstance(node, yaml.ScalarNode):
            shape = "a list" if isinstance(node, yaml.SequenceNode) else "a map"
            self.faults.add(self._span(node), f'argument "{name}" is {shape}', remedy)
            return None
        kind = node.tag.removeprefix(_TAG)
        if kind in {"bool", "null"}:
            self.faults.add(
                self._span(node),
                f'argument "{name}" is {node.value or "empty"}',
                f"{remedy}; quote it for text",
            )
            return None
        if kind == "int" and re.fullmatch(r"[+-]?[0-9]+", node.value):
            return int(node.value)
        if kind == "float" and re.fullmatch(r"[+-]?[0-9.eE+-]+", node.value):
            return float(node.value)
        return str(node.value)

    def _resources(self, keys: dict[str, tuple[Node, Node]]) -> Iterator[ResourceDecl]:
        found = self._map(keys["resources"][1], "resources") if "resources" in keys else None
        for text, (key, node) in (found or {}).items():
            plain = text if text.startswith("$") else f"${text}"
            self.lines[plain] = self._span(key).line
            if not _RESOURCE_NAME.fullmatch(plain):
                self.faults.add(
                    self._span(key), f'"{text}" is no resource name', "write one like $NAME"
                )
                continue
            parts = self._map(node, f'resource "{plain}"')
            if parts is not None:
                yield self._resource(Word(plain, self._span(key)), parts)

    def _resource(self, name: Word, parts: dict[str, tuple[Node, Node]]) -> ResourceDecl:
        for text, (key, _) in parts.items():
            if text not in {"inline", "path", "type"}:
                what = f"unknown field `{text}`, expected one of `inline`, `path`, `type`"
                self.faults.add(
                    self._span(key), what, did_you_mean(text, ("inline", "path", "type"))
                )
        inline = self._text(parts["inline"][1], "inline") if "inline" in parts else None
        path = self._text(parts["path"][1], "path") if "path" in parts else None
        if inline and path:
            both = 'both a "path" and "inline" default value'
            what = f'The resource "{name.text}" can\'t specify {both}'
            self.faults.add(name.span, what, "keep one")
        type_ = self._resource_type(parts)
        return ResourceDecl(name, type_, inline.text if inline else None, path, name.span)

    def _resource_type(self, parts: dict[str, tuple[Node, Node]]) -> Literal["string", "binary"]:
        word = self._text(parts["type"][1], "type") if "type" in parts else Word("string")
        if word and word.text not in {"string", "binary"}:
            remedy = did_you_mean(word.text, ("string", "binary"))
            self.faults.add(word.span, f'unknown resource type "{word.text}"', remedy)
        return "binary" if word and word.text == "binary" else "string"


def _scalar_ranges(root: Node) -> list[tuple[int, int]]:
    """Return where values stand, first and past the last character: no comment begins in one."""
    ranges = []
    pending, seen = [root], set()
    while pending:
        node = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            ranges.append((node.start_mark.index, node.end_mark.index))
        elif isinstance(node, yaml.MappingNode):
            pending.extend(part for pair in node.value for part in pair)
        elif isinstance(node, yaml.SequenceNode):
            pending.extend(node.value)
    return ranges


def _comments(text: str, values: list[tuple[int, int]]) -> tuple[Comment, ...]:
    """Find the comments, which the composer leaves out; `fmt` keeps them."""
    comments = []
    at = 0
    for number, line in enumerate(text.split("\n"), 1):
        for found in _COMMENT_START.finditer(line):
            if not any(start <= at + found.start() < end for start, end in values):
                alone = not line[: found.start()].strip()
                comments.append(Comment(line[found.start() :].rstrip(), number, alone))
                break
        at += len(line) + 1
    return tuple(comments)


def parse_yaml(source: Source, faults: Faults) -> Document | None:
    """Parse the YAML form; None after a fault that leaves nothing to read."""
    return YamlParser(source, faults).document()
