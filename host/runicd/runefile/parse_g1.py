"""Parses the typed form: `CAPABILITY<ty> name KIND`, `MODEL<ty,ty> name file` and so on.

The name comes first here. A capability whose words are the other way round, as in the paper's
form, is understood too, since both orders are found in Runefiles of that time.
"""

from __future__ import annotations

from runicd.runefile.capabilities import KIND_NAMES
from runicd.runefile.faults import Faults
from runicd.runefile.statements import Statement, check_name, check_words
from runicd.runefile.syntax import StageDecl, TypeDecl
from runicd.types import StageKind

_KINDS: dict[str, tuple[StageKind, str, int]] = {
    "CAPABILITY": ("capability", "kind", 1),
    "PROC_BLOCK": ("block", "path", 2),
    "MODEL": ("model", "file", 2),
}


def parse_stage(statement: Statement, faults: Faults) -> StageDecl | None:
    """Read one stage; None after a fault that leaves no stage."""
    kind, what_is_second, type_count = _KINDS[statement.keyword.text]
    if not check_words(statement, ("name", what_is_second), faults):
        return None
    name, what = statement.words
    if kind == "capability" and what.text not in KIND_NAMES and name.text in KIND_NAMES:
        name, what = what, name
    check_name(name, faults)
    types = statement.types or ()
    if types and len(types) != type_count:
        wanted = "<TYPE>" if type_count == 1 else "<INPUT,OUTPUT>"
        faults.add(
            types[0].span, f"{len(types)} types where {type_count} belong", f"write {wanted}"
        )
        types = ()
    inputs: tuple[TypeDecl, ...] = types[:1] if type_count == 2 else ()
    return StageDecl(
        kind, name, what, statement.options, None, inputs, types[-1:], statement.keyword.span
    )
