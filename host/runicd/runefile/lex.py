r"""Splits the old forms' text into logical lines of tokens, each with its place.

Rules: a backslash at the end of a line continues it; `#` opens a comment only where a token may
start, since `owner/repo#sub/path` holds one; quoted text knows the escapes \" \\ \n \t.
Lexing never raises: what cannot be read becomes a fault, and the line goes on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from runicd.runefile.faults import Faults
from runicd.runefile.source import Source
from runicd.runefile.syntax import Comment
from runicd.types import Span

TokenKind = Literal["word", "types", "option", "value"]
Item = tuple[str, bool]
"""Text of one value and whether it was quoted."""

_CONTINUATION = re.compile(r"\\[ \t]*(\n|\Z)")
_OPTION = re.compile(r"--?([A-Za-z][A-Za-z0-9_-]*)")
_BARE = re.compile(r"[^\s,\]\"]+")
_WORD = re.compile(r"[^\s]+")
_KEYWORD = re.compile(r"[^\s<]+")
_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}


@dataclass(frozen=True, slots=True)
class Token:
    """`items` holds the values of a "value"; several of them, or brackets, make it a list."""

    kind: TokenKind
    text: str
    span: Span
    items: tuple[Item, ...] = ()
    is_list: bool = False


class Lexer:
    """Reads one source once; `lines` and `comments` are its result."""

    def __init__(self, source: Source, faults: Faults) -> None:
        self.source = source
        self.text = source.text
        self.faults = faults
        self.at = 0
        self.line: list[Token] = []
        self.lines: list[list[Token]] = []
        self.comments: list[Comment] = []
        while self.at < len(self.text):
            self._token()
        self._end_line()

    def _span(self) -> Span:
        return self.source.span(self.at)

    def _end_line(self) -> None:
        if self.line:
            self.lines.append(self.line)
        self.line = []

    def _token(self) -> None:
        """Take what starts here: a blank, a line's end, a comment, or one token."""
        character = self.text[self.at]
        continuation = _CONTINUATION.match(self.text, self.at)
        if continuation:
            self.at = continuation.end()
        elif character == "\n":
            self._end_line()
            self.at += 1
        elif character.isspace():
            self.at += 1
        elif character == "#":
            self._comment()
        elif not self.line:
            self._take("word", _KEYWORD)
        elif character == "<" and len(self.line) == 1:
            self._types()
        else:
            self._option_or_word()

    def _take(self, kind: TokenKind, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.at)
        text = match.group() if match else self.text[self.at]
        self.line.append(Token(kind, text, self._span()))
        self.at += len(text)

    def _comment(self) -> None:
        end = self.text.find("\n", self.at)
        end = len(self.text) if end < 0 else end
        start_of_line = self.text.rfind("\n", 0, self.at) + 1
        alone = not self.text[start_of_line : self.at].strip()
        self.comments.append(Comment(self.text[self.at : end].rstrip(), self._span().line, alone))
        self.at = end

    def _types(self) -> None:
        """Take `<...>` without the angle brackets; the place is that of what is inside."""
        span = self.source.span(self.at + 1)
        end_of_line = self.text.find("\n", self.at)
        end_of_line = len(self.text) if end_of_line < 0 else end_of_line
        end = self.text.find(">", self.at, end_of_line)
        if end < 0:
            self.faults.add(self._span(), 'no ">" ends the types', "write <TYPE> or <TYPE,TYPE>")
            blank = re.search(r"\s", self.text[self.at : end_of_line])
            end = self.at + blank.start() if blank else end_of_line
        self.line.append(Token("types", self.text[self.at + 1 : end], span))
        self.at = min(end + 1, end_of_line)

    def _option_or_word(self) -> None:
        option = _OPTION.match(self.text, self.at)
        if option is None:
            self._take_word()
            return
        self.line.append(Token("option", option.group(1), self._span()))
        self.at = option.end()
        if self.text[self.at : self.at + 1] == "=":
            self.at += 1
            self._value()
            return
        self._skip_blanks()
        following = self.text[self.at : self.at + 1]
        if following not in {"", "\n", "#"} and not _OPTION.match(self.text, self.at):
            self._value()

    def _take_word(self) -> None:
        if self.text[self.at] == '"':
            span = self._span()
            self.line.append(Token("word", self._quoted(), span))
        else:
            self._take("word", _WORD)

    def _skip_blanks(self) -> None:
        while self.at < len(self.text):
            continuation = _CONTINUATION.match(self.text, self.at)
            if continuation:
                self.at = continuation.end()
            elif self.text[self.at] in " \t":
                self.at += 1
            else:
                return

    def _value(self) -> None:
        """Take an option's value: one item, items with commas between, or `[items]`."""
        span = self._span()
        bracket = self.text[self.at : self.at + 1] == "["
        self.at += bracket
        items: list[Item] = []
        more = True
        while more:
            self._skip_blanks()
            items.extend(self._item())
            blanks_from = self.at
            self._skip_blanks()
            more = self.text[self.at : self.at + 1] == ","
            self.at = self.at + 1 if more else (self.at if bracket else blanks_from)
        if bracket:
            self._close(span)
        if not items and not bracket:
            self.faults.add(span, "a value is missing here", "give one after the equals sign")
        listed = bracket or len(items) > 1
        self.line.append(Token("value", "", span, tuple(items), listed))

    def _close(self, span: Span) -> None:
        if self.text[self.at : self.at + 1] == "]":
            self.at += 1
        else:
            self.faults.add(span, 'no "]" ends the list')

    def _item(self) -> list[Item]:
        """Take one item of a value; nothing where a comma, a bracket or the line's end stands."""
        if self.text[self.at : self.at + 1] == '"':
            return [(self._quoted(), True)]
        bare = _BARE.match(self.text, self.at)
        if bare is None:
            return []
        self.at = bare.end()
        return [(bare.group(), False)]

    def _quoted(self) -> str:
        """Take quoted text; it must end on its line."""
        span = self._span()
        self.at += 1
        out: list[str] = []
        while self.at < len(self.text) and self.text[self.at] != "\n":
            character = self.text[self.at]
            self.at += 1
            if character == '"':
                return "".join(out)
            if character == "\\" and self.text[self.at : self.at + 1] in _ESCAPES:
                character = _ESCAPES[self.text[self.at]]
                self.at += 1
            out.append(character)
        self.faults.add(span, "the quoted text does not end on this line", 'close it with "')
        return "".join(out)
