"""Every error that a user can meet, as one tree.

RunicError                what, where, remedy; ends with exit code 1
├── InputError            a file or value from the user is wrong (1)
│   ├── RunefileError     a Runefile; carries every fault found in it, with its place
│   ├── RuneFormatError   bytes that are no Rune, or a Rune that lies about itself
│   ├── ModelError        a model that is broken or uses what is not supported
│   └── ToolMissing       a compiler that a custom block needs is not installed
├── UsageError            the command line is wrong (2)
├── RefusedError          preflight or the board says no, with every reason (3)
├── TargetError           there is no such target, or it cannot be reached (4)
│   ├── LinkError         bytes do not get through
│   │   ├── LinkBusy      somebody else holds the port, or every place on the board
│   │   ├── LinkClosed    the other end went away
│   │   └── LinkTimeout   no answer within the deadline
│   └── SimulatorError    a simulated board does not start or stop
├── BoardError            the board answered with an error code (3, 4 or 5 by its code)
└── RuneFailed            the Rune failed while it ran (5)

BoardRestarted is a warning: a board says that a fault made it restart.

Raised anywhere, caught once, in cli.py, and shown as `runicd: <where>: <what>; <remedy>`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from runicd.types import Span
from runicos.contract import errors as codes
from runicos.contract.sentences import sentence


class RunicError(Exception):
    """Base of the tree: `what` went wrong, `where`, and the `remedy`, each one plain clause."""

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        """Return `<where>: <what>; <remedy>`, leaving out what is empty."""
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}; {self.remedy}" if self.remedy else text

    def lines(self) -> tuple[str, ...]:
        """Return the error as the lines to print, one for most errors."""
        return (str(self),)


_MOST_SHOWN = 20


class InputError(RunicError):
    """A file or value given by the user is wrong."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One fault in a Runefile; `notes` are further lines, as the members of a cycle."""

    span: Span
    what: str
    remedy: str = ""
    notes: tuple[str, ...] = ()

    def lines(self) -> tuple[str, ...]:
        """Return `file:line:column: what; remedy` and one indented line per note."""
        advice = f"; {self.remedy}" if self.remedy else ""
        return (f"{self.span}: {self.what}{advice}", *(f"  - {note}" for note in self.notes))


class RunefileError(InputError):
    """A Runefile is wrong; `diagnostics` are all its faults, in the file's order."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        places = [
            (fault.span.file, fault.span.line, fault.span.column, fault) for fault in diagnostics
        ]
        self.diagnostics = tuple(entry[3] for entry in sorted(places, key=lambda entry: entry[:3]))
        super().__init__("\n".join(self.lines()))

    def lines(self) -> tuple[str, ...]:
        """Return the lines of the first diagnostics, and how many more there are."""
        shown, rest = self.diagnostics[:_MOST_SHOWN], len(self.diagnostics) - _MOST_SHOWN
        more = (f"... and {rest} more",) if rest > 0 else ()
        return (*(line for fault in shown for line in fault.lines()), *more)


class RuneFormatError(InputError):
    """Bytes that are no Rune, or a Rune that lies about itself."""


class ModelError(InputError):
    """A model that is broken, or that uses an operator or type that is not supported."""


class ToolMissing(InputError):
    """A program outside the package is needed; the remedy names what to install."""


class UsageError(RunicError):
    """The command line asks for something that makes no sense."""

    exit_code = 2


class RefusedError(RunicError):
    """A Rune may not run on a board; `reasons` are all of them, one sentence each.

    `lacking` are the kinds of sensors that it wants and the board has not.
    """

    exit_code = 3

    def __init__(
        self,
        what: str,
        reasons: Sequence[str],
        *,
        lacking: Sequence[str] = (),
        where: str = "",
        remedy: str = "",
    ) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.reasons = tuple(reasons)
        self.lacking = tuple(lacking)

    def __str__(self) -> str:
        """Return all lines: tracebacks and test reports show nothing else."""
        return "\n".join(self.lines())

    def lines(self) -> tuple[str, ...]:
        """Return the refusal followed by one indented line per reason."""
        return (super().__str__(), *(f"  - {reason}" for reason in self.reasons))


class TargetError(RunicError):
    """No board of that name, or none that can be reached."""

    exit_code = 4


class LinkError(TargetError):
    """Bytes do not get through to the board."""


class LinkBusy(LinkError):
    """Somebody else holds the port, or others every place that the board has for hosts."""


class LinkClosed(LinkError):
    """The other end of the link went away."""


class LinkTimeout(LinkError):
    """The board did not answer within the deadline."""


class SimulatorError(TargetError):
    """A simulated board does not start or stop."""


class BoardError(RunicError):
    """The board answered a request with error `code` and its numbers `arguments`."""

    def __init__(
        self,
        what: str,
        code: int,
        arguments: Sequence[object] = (),
        *,
        exit_code: int = 3,
        where: str = "",
        remedy: str = "",
    ) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.code = code
        self.arguments = tuple(arguments)
        self.exit_code = exit_code


class RuneFailed(RunicError):
    """The Rune failed while it ran."""

    exit_code = 5


_FAILURES = (
    codes.TRAP,
    codes.SOURCE_END,
    codes.CAPABILITY_FAILED,
    codes.SELF_TEST_FAILED,
    codes.CALL_FAILED,
    codes.WENT_BACK,
)
_MISTAKES = (codes.NO_SUCH_RUNE, codes.BAD_NAME, codes.NOT_RUNNING, codes.NO_PREVIOUS)


def board_error(code: int, arguments: list[Any], where: str = "") -> RunicError:
    """Return the exception for an error that a board reported."""
    if code == codes.REFUSED:
        known = [
            reason
            for reason in arguments
            if isinstance(reason, list) and reason and isinstance(reason[0], int)
        ]
        reasons = [sentence(reason[0], reason[1:]) for reason in known]
        lacking = [
            str(reason[1]) for reason in known if reason[:1] == [codes.NO_CAPABILITY] != reason
        ]
        what = "the board refuses this Rune"
        return RefusedError(what, reasons, lacking=lacking, where=where)
    what, _, remedy = sentence(code, arguments).partition("; ")
    if code == codes.LINKS_TAKEN:
        return LinkBusy(what, where=where, remedy=remedy)
    exit_code = 5 if code in _FAILURES else 1 if code in _MISTAKES else 3
    return BoardError(what, code, arguments, exit_code=exit_code, where=where, remedy=remedy)


class BoardRestarted(UserWarning):
    """A fault in native code made the board restart; said once, to the next who connects."""
