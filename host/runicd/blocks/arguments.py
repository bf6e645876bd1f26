"""Arguments of stock blocks: what values they take, and how a Runefile's text becomes one."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from runicd.errors import InputError

Value = str | int | float


class BlockError(InputError):
    """A stock block cannot do this; `argument` names the argument at fault, "" for none."""

    def __init__(self, what: str, *, remedy: str = "", argument: str = "") -> None:
        super().__init__(what, remedy=remedy)
        self.argument = argument


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument; `words` is a list of labels, one a line, `aliases` are older names.

    A Rune states those that are late only where they differ from their defaults: boards older than
    they are take the others' Runes, too.
    """

    name: str
    kind: Literal["int", "float", "text", "words"]
    default: Value | None
    minimum: float = -math.inf
    maximum: float = math.inf
    aliases: tuple[str, ...] = ()
    is_late: bool = False

    @property
    def required(self) -> bool:
        """Tell whether a Runefile must give it."""
        return self.default is None


def check_arguments(
    block: str, known: tuple[Argument, ...], given: Mapping[str, object]
) -> dict[str, Value]:
    """Return every argument of the block, present names, typed, checked, defaults filled in.

    Raises BlockError for an unknown, doubled, missing or unsuitable argument.
    """
    names = {alias: argument for argument in known for alias in (argument.name, *argument.aliases)}
    values: dict[str, Value] = {}
    for key, raw in given.items():
        argument = names.get(key.replace("-", "_"))
        if argument is None:
            raise _unknown(block, known, key)
        if argument.name in values:
            raise BlockError(
                f'{block} is given "{argument.name}" twice', remedy="keep one", argument=key
            )
        values[argument.name] = _typed(block, argument, key, raw)
    for argument in known:
        if argument.name not in values:
            values[argument.name] = _default(block, argument)
    return values


def _default(block: str, argument: Argument) -> Value:
    if argument.default is None:
        raise BlockError(f'{block} needs the argument "{argument.name}"', remedy="add it")
    return argument.default


def _unknown(block: str, known: tuple[Argument, ...], key: str) -> BlockError:
    candidates = [argument.name for argument in known]
    close = get_close_matches(key.replace("-", "_"), candidates, 1)
    if close:
        remedy = f'did you mean "{close[0]}"?'
    else:
        remedy = f"it takes {', '.join(candidates)}" if candidates else "it takes none"
    return BlockError(f'{block} has no argument "{key}"', remedy=remedy, argument=key)


def _typed(block: str, argument: Argument, key: str, raw: object) -> Value:
    if argument.kind == "words":
        return _words(block, key, raw)
    if argument.kind == "text":
        return _text(block, key, raw)
    number = _number(block, argument, key, raw)
    if not argument.minimum <= number <= argument.maximum:
        raise BlockError(
            f'{block}: "{key}" is {raw}',
            remedy=f"give {argument.minimum:g} to {argument.maximum:g}",
            argument=key,
        )
    return number


def _number(block: str, argument: Argument, key: str, raw: object) -> int | float:
    what = "a whole number" if argument.kind == "int" else "a number"
    fault = BlockError(f'{block}: "{key}" is {raw!r}', remedy=f"give {what}", argument=key)
    if isinstance(raw, bool) or not isinstance(raw, (str, int, float)):
        raise fault
    try:
        number = int(raw) if argument.kind == "int" else float(raw)
        if number != float(raw) or not math.isfinite(number):
            raise fault
        return (
            number if argument.kind == "int" else struct.unpack("<f", struct.pack("<f", number))[0]
        )
    except (ValueError, OverflowError):
        raise fault from None


def _text(block: str, key: str, raw: object) -> str:
    if not isinstance(raw, (str, int, float)) or "\0" in str(raw):
        raise BlockError(f'{block}: "{key}" is not a text', remedy="give a text", argument=key)
    return str(raw)


def _words(block: str, key: str, raw: object) -> str:
    """Labels joined by newlines: from lines, from a list, or from one line with commas."""
    if isinstance(raw, (list, tuple)):
        lines = [_text(block, key, word) for word in raw]
        if any("\n" in line for line in lines):
            raise BlockError(
                f'{block}: "{key}" has a label of two lines',
                remedy="give one label a line",
                argument=key,
            )
    else:
        text = _text(block, key, raw).strip("\r\n")
        lines = text.splitlines() if "\n" in text else text.split(",") if "," in text else [text]
    words = [line.strip() for line in lines]
    while words and not words[-1]:
        words.pop()
    if not words:
        raise BlockError(
            f'{block}: "{key}" has no labels', remedy="give one label a line", argument=key
        )
    return "\n".join(words)
