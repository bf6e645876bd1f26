"""What the paper's form and the typed form have in common: FROM, RUN and OUT."""

from __future__ import annotations

from collections.abc import Callable

from runicd.runefile.faults import Faults
from runicd.runefile.statements import Statement, check_name, check_words
from runicd.runefile.syntax import Comment, Document, RunDecl, StageDecl, Word
from runicd.types import Generation

ParseStage = Callable[[Statement, Faults], StageDecl | None]


class OldParser:
    """Collects a Document statement by statement; `parse_stage` reads one generation's stages."""

    def __init__(
        self, generation: Generation, file: str, parse_stage: ParseStage, faults: Faults
    ) -> None:
        self.generation = generation
        self.file = file
        self.parse_stage = parse_stage
        self.faults = faults
        self.base: Word | None = None
        self.items: list[StageDecl | RunDecl] = []
        self.outputs_seen: dict[str, int] = {}

    def document(self, statements: list[Statement], comments: tuple[Comment, ...]) -> Document:
        """Read every statement and return the Document."""
        for statement in statements:
            self._statement(statement)
        return Document(
            self.generation, self.file, self.base, tuple(self.items), comments=comments
        )

    def _statement(self, statement: Statement) -> None:
        keyword = statement.keyword.text
        if keyword == "FROM":
            self._from(statement)
        elif keyword == "RUN":
            self._run(statement)
        elif keyword == "OUT":
            self._out(statement)
        else:
            stage = self.parse_stage(statement, self.faults)
            if stage is not None:
                self.items.append(stage)
            if stage is not None and not statement.is_sound:
                self.faults.spoilt.add(stage.name.text)

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
