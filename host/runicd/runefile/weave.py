"""Puts a file's comments and blank lines back among the lines that were written anew.

A comment on a line of its own goes before the line that it stood above; one at the end of a line
stays there. What followed the last line comes last. No comment is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runicd.runefile.syntax import Comment


@dataclass(frozen=True, slots=True)
class Line:
    """A new line of text; `source_line` is where its content stood, 0 for nowhere."""

    text: str
    source_line: int = 0


def weave(lines: Sequence[Line], comments: Sequence[Comment], source: str) -> str:
    """Return the text of a file with its comments, and with at most one blank line in a row."""
    owners: dict[int, list[Comment]] = {}
    places = sorted({line.source_line for line in lines if line.source_line})
    blank = _lines_after_blanks(source)
    tail: list[Comment] = []
    out: list[str] = []
    for comment in comments:
        if comment.alone and comment.line < min(places, default=0):
            _separate(out, comment.line in blank)
            out.append(comment.text)
            continue
        owner = next((place for place in places if place >= comment.line), 0)
        if comment.alone or owner != comment.line:
            (owners.setdefault(owner, []) if owner else tail).append(comment)
    trailing = {one.line: one for one in comments if not one.alone and one.line in places}
    for line in lines:
        _add_line(out, line, owners, trailing, blank)
    for comment in tail:
        _separate(out, comment.line in blank)
        out.append(comment.text)
    return "\n".join(out).strip("\n") + "\n"


def _lines_after_blanks(source: str) -> set[int]:
    rows = source.split("\n")
    return {number for number in range(2, len(rows) + 1) if not rows[number - 2].strip()}


def _separate(out: list[str], wanted: bool) -> None:  # noqa: FBT001 - reads well where it is used
    if wanted and out and out[-1] and not out[-1].endswith(":"):
        out.append("")


def _add_line(
    out: list[str],
    line: Line,
    owners: dict[int, list[Comment]],
    trailing: dict[int, Comment],
    blank: set[int],
) -> None:
    indent = line.text[: len(line.text) - len(line.text.lstrip())]
    for comment in owners.pop(line.source_line, []) if line.source_line else []:
        _separate(out, comment.line in blank)
        out.append(indent + comment.text)
    _separate(out, line.source_line in blank)
    beside = trailing.pop(line.source_line, None) if line.source_line else None
    if beside is not None and not line.text.endswith(("|", "|-", "|+", "\\")):
        out.append(f"{line.text}  {beside.text}")
        return
    if beside is not None:
        out.append(indent + beside.text)
    out.append(line.text)
