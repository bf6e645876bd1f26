"""A mypy plugin for the board's code: there, the annotation `object` leaves a value unchecked.

RunicOS's modules are handed each other's objects (a link, a board, a Rune) and objects of native
modules. To name their classes they would have to import them, against the import direction and
at a cost in RAM; `object` says that something is handed over, and MicroPython never reads it.
"""

from collections.abc import Callable

from mypy.plugin import AnalyzeTypeContext, Plugin
from mypy.types import AnyType, Type, TypeOfAny


def _unchecked(_: AnalyzeTypeContext) -> Type:
    return AnyType(TypeOfAny.explicit)


class BoardObjects(Plugin):
    """Reads `object` in an annotation as a value of any type."""

    def get_type_analyze_hook(self, fullname: str) -> Callable[[AnalyzeTypeContext], Type] | None:
        """Return the hook for `object`."""
        return _unchecked if fullname == "builtins.object" else None


def plugin(_: str) -> type[Plugin]:
    """Return the plugin's class, for any version of mypy."""
    return BoardObjects
