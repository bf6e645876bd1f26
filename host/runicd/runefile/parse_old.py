"""Parses the paper's form and the typed form; a line with `<...>` is typed, any other is not."""

from __future__ import annotations

from runicd.runefile import parse_g0, parse_g1
from runicd.runefile.faults import Faults
from runicd.runefile.limits import read_limit
from runicd.runefile.statements import Statement, check_name, check_words
from runicd.runefile.syntax import Comment, Document, LimitDecl, RunDecl, StageDecl, Word
from runicd.types import Generation


class OldParser:
    """Collects a Document statement by statement."""

    def __init__(self, file: str, faults: Faults) -> None:
        self.file = file
        self.faults = faults
        self.base: Word | None = None
        self.items: list[StageDecl | RunDecl | LimitDecl] = []
        self.limits: dict[str, int] = {}
        self.outputs_seen: dict[str, int] = {}

    def document(self, statements: list[Statement], comments: tuple[Comment, ...]) -> Document:
        """Read every statement and return the Document."""
        for statement in statements:
            self._statement(statement)
        typed = any(statement.types is not None for statement in statements)
        generation: Generation = "G1" if typed else "G0"
        return Document(
            generation,
            self.file,
            self.base,
            tuple(self.items),
            limits=self.limits,
            comments=comments,
        )

    def _statement(self, statement: Statement) -> None:
        keyword = statement.keyword.text
        before = len(self.faults.found)
        if keyword == "FROM":
            self._from(statement)
        elif keyword == "RUN":
            self._run(statement)
        elif keyword == "OUT":
            self._out(statement)
        elif keyword == "LIMIT":
            self._limit(statement)
        else:
            parser = parse_g0 if statement.types is None else parse_g1
            stage = parser.parse_stage(statement, self.faults)
            if stage is not None:
                self.items.append(stage)
                if not statement.is_sound:
                    self.faults.spoilt.add(stage.name.text)
                return
        if len(self.faults.found) > before:
            self.faults.lost.update((keyword, *(word.text for word in statement.words)))

    def _from(self, statement: Statement) -> None:
        if not check_words(statement, ("base",), self.faults):
            return
        if self.base is not None:
            self.faults.add(
                statement.keyword.span, "a second FROM", "a Rune has one base; remove this line"
            )
        elif self.items:
            self.faults.add(
                statement.keyword.span, "FROM must be the first instruction", "move it up"
            )
        self.base = statement.words[0]

    def _run(self, statement: Statement) -> None:
        if not statement.words:
            self.faults.add(
                statement.keyword.span, "RUN names no stage", "write RUN first second third"
            )
            return
        for word in statement.words:
            check_name(word, self.faults)
        self.items.append(RunDecl(statement.words, statement.keyword.span))

    def _limit(self, statement: Statement) -> None:
        if not check_words(statement, ("name", "number"), self.faults):
            return
        name, number = statement.words
        plain = name.text.replace("-", "_")
        value = read_limit(Word(plain, name.span), number.text, number.span, self.faults)
        if plain in self.limits:
            self.faults.add(name.span, f'the limit "{plain}" comes twice', "keep one")
        elif value is not None:
            self.limits[plain] = value
            self.items.append(LimitDecl(Word(plain, name.span), value, statement.keyword.span))

    def _out(self, statement: Statement) -> None:
        if not check_words(statement, ("kind",), self.faults):
            return
        what = statement.words[0]
        seen = self.outputs_seen[what.text] = self.outputs_seen.get(what.text, 0) + 1
        name = what.text.lower() if seen == 1 else f"{what.text.lower()}_{seen}"
        self.items.append(
            StageDecl(
                "output",
                Word(name, what.span),
                what,
                statement.options,
                span=statement.keyword.span,
            )
        )
