"""Reads the old forms' lines: keyword, types, words, options; what they mean is not its matter.

One statement a line; a statement that is wrong becomes a fault and the next line is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from runicd.runefile.faults import Faults, did_you_mean
from runicd.runefile.lex import Item, Lexer, Token
from runicd.runefile.source import Source
from runicd.runefile.syntax import KEYWORDS, ArgDecl, Comment, TypeDecl, Word
from runicd.types import ArgValue, Span

_INTEGER = re.compile(r"[+-]?\d+")
_FLOAT = re.compile(r"[+-]?(\d+\.\d*|\.\d+|\d+)([eE][+-]?\d+)?")
_TYPE = re.compile(r"\s*(?:(_)|([A-Za-z][A-Za-z0-9_]*)\s*(\[([^\]]*)\])?)\s*(?:,|$)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Statement:
    """One line. `types` is None when the keyword has no `<...>`; `is_sound` without a fault."""

    keyword: Word
    types: tuple[TypeDecl, ...] | None
    words: tuple[Word, ...]
    options: tuple[ArgDecl, ...]
    is_sound: bool

    @property
    def end(self) -> Span:
        """Where the last word stands, to point at what is missing after it."""
        return self.words[-1].span if self.words else self.keyword.span


def read_statements(source: Source, faults: Faults) -> tuple[list[Statement], tuple[Comment, ...]]:
    """Split a source into statements with known keywords, and its comments."""
    lexer = Lexer(source, faults)
    torn = {fault.span.line for fault in faults.found}
    statements = []
    for line in lexer.lines:
        keyword = line[0]
        if keyword.text in KEYWORDS:
            statements.append(_statement(line, torn, faults))
        else:
            remedy = did_you_mean(keyword.text, KEYWORDS)
            faults.add(keyword.span, f'unknown instruction "{keyword.text}"', remedy)
            faults.lost.update(token.text for token in line)
    return statements, tuple(lexer.comments)


def _statement(line: list[Token], torn: set[int], faults: Faults) -> Statement:
    before = len(faults.found)
    types: tuple[TypeDecl, ...] | None = None
    words: list[Word] = []
    options: list[ArgDecl] = []
    pending: Token | None = None
    for token in line[1:]:
        if pending is not None and token.kind != "value":
            _missing_value(pending, faults)
        if token.kind == "types":
            types = _types(token, faults)
        elif token.kind == "word":
            words.append(Word(token.text, token.span))
        elif token.kind == "value" and pending is not None:
            options.append(ArgDecl(Word(pending.text, pending.span), _value(token), token.span))
        pending = token if token.kind == "option" else None
    if pending is not None:
        _missing_value(pending, faults)
    is_sound = len(faults.found) == before and not torn & {token.span.line for token in line}
    keyword = Word(line[0].text, line[0].span)
    return Statement(keyword, types, tuple(words), tuple(options), is_sound)


def _missing_value(option: Token, faults: Faults) -> None:
    faults.add(option.span, f"--{option.text} has no value", f"write --{option.text} VALUE")


def _value(token: Token) -> ArgValue | tuple[ArgValue, ...]:
    if token.is_list:
        return tuple(map(_scalar, token.items))
    return _scalar(token.items[0]) if token.items else ""


def _scalar(item: Item) -> ArgValue:
    text, quoted = item
    if quoted:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _types(token: Token, faults: Faults) -> tuple[TypeDecl, ...]:
    """Read `I16[16000],_`; a part that is no type is a fault at its own column."""
    types: list[TypeDecl] = []
    at = 0
    while at < len(token.text) or not types:
        match = _TYPE.match(token.text, at)
        span = Span(token.span.file, token.span.line, token.span.column + at)
        if match is None:
            faults.add(
                span, f'"{token.text[at:].strip()}" is no type', "write one like I16[16000], or _"
            )
            break
        types.append(_type(match, span, faults))
        at = match.end()
    return tuple(types)


def _type(match: re.Match[str], span: Span, faults: Faults) -> TypeDecl:
    """Turn a match of _TYPE into a type; text without a shape is one string."""
    if match.group(1):
        return TypeDecl(None, None, span)
    name, brackets, inside = match.group(2), match.group(3), match.group(4)
    dims = dimensions(inside.split(","), span, faults) if brackets else None
    if name.lower() == "utf8" and not brackets:
        dims = (1,)
    return TypeDecl(Word(name, span), dims, span)


def dimensions(texts: list[str], span: Span, faults: Faults) -> tuple[int, ...] | None:
    """Read dimensions; None after a fault when one is no positive whole number."""
    dims = []
    for text in texts:
        if not text.strip().isascii() or not text.strip().isdigit() or int(text) == 0:
            faults.add(span, f'"{text.strip()}" is no dimension', "give whole numbers above 0")
            return None
        dims.append(int(text))
    return tuple(dims)


def is_name(text: str) -> bool:
    """Tell whether a word can name a stage."""
    return _NAME.fullmatch(text) is not None


def check_words(statement: Statement, expected: tuple[str, ...], faults: Faults) -> bool:
    """Tell whether a statement has exactly these words; note what is missing or too many."""
    found = len(statement.words)
    usage = " ".join((statement.keyword.text, *(f"<{what}>" for what in expected)))
    if found < len(expected):
        missing = expected[found]
        faults.add(statement.end, f"{statement.keyword.text} has no {missing}", f"write {usage}")
    elif found > len(expected):
        extra = statement.words[len(expected)]
        faults.add(extra.span, f'"{extra.text}" is one word too many', f"write {usage}")
    return found == len(expected)


def check_name(word: Word, faults: Faults) -> None:
    """Note a name that no other statement could refer to."""
    if not is_name(word.text):
        remedy = "use letters, digits, - and _, beginning with a letter or _"
        faults.add(word.span, f'"{word.text}" is no name', remedy)
