"""Collects what is wrong with a Runefile, so that one run shows every fault.

Rules: a stage adds faults and goes on where it can; `stop_if_any` ends the stage. Suggestions are
spelled here, once.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NoReturn

from runicd.errors import Diagnostic, RunefileError
from runicd.types import BuildWarning, Span


class Faults:
    """The faults and warnings found so far in one Runefile.

    `spoilt` names stages that have a fault already: what follows from it is not worth saying.
    `lost` are the words of lines that could not be read: one of them may name a stage.
    """

    def __init__(self, spoilt: Iterable[str] = ()) -> None:
        self.found: list[Diagnostic] = []
        self.spoilt = set(spoilt)
        self.lost: set[str] = set()
        self.warnings: list[BuildWarning] = []

    def add(self, span: Span, what: str, remedy: str = "", notes: tuple[str, ...] = ()) -> None:
        """Note one fault; the same one at the same place is kept once."""
        fault = Diagnostic(span, what, remedy, notes)
        if fault not in self.found:
            self.found.append(fault)

    @contextmanager
    def about(self, stage: str) -> Iterator[None]:
        """Call a stage spoilt when a fault is found meanwhile."""
        before = len(self.found)
        yield
        if len(self.found) > before:
            self.spoilt.add(stage)

    def warn(self, span: Span, what: str) -> None:
        """Note something that does not stop the build."""
        warning = BuildWarning(span, what)
        if warning not in self.warnings:
            self.warnings.append(warning)

    def stop_if_any(self) -> None:
        """Raise RunefileError with all faults when there are any."""
        if self.found:
            raise RunefileError(self.found)

    def stop(self, span: Span, what: str, remedy: str = "") -> NoReturn:
        """Note one last fault that leaves nothing to go on with, and raise RunefileError."""
        self.add(span, what, remedy)
        raise RunefileError(self.found)


def did_you_mean(word: str, choices: Iterable[str], listed: Iterable[str] | None = None) -> str:
    """Return `did you mean "x"?` for the nearest choice, else all that are to be listed."""
    known = sorted(set(choices))
    lower = {choice.lower(): choice for choice in reversed(known)}
    near = difflib.get_close_matches(word.lower(), lower, n=1, cutoff=0.6)
    if near:
        return f'did you mean "{lower[near[0]]}"?'
    known = known if listed is None else sorted(set(listed))
    if not known:
        return ""
    return f"known: {', '.join(known)}" if len(known) <= 24 else ""
