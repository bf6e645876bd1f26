"""Parses the paper's form: `CAPABILITY KIND name`, `PROC_BLOCK path name`, `MODEL file name`.

A model's `--input [150,1] --output 1` are its shapes, not arguments.
"""

from __future__ import annotations

from runicd.runefile.faults import Faults
from runicd.runefile.statements import Statement, check_name, check_words
from runicd.runefile.syntax import ArgDecl, StageDecl, TypeDecl
from runicd.types import StageKind

_KINDS: dict[str, tuple[StageKind, str]] = {
    "CAPABILITY": ("capability", "kind"),
    "PROC_BLOCK": ("block", "path"),
    "MODEL": ("model", "file"),
}


def parse_stage(statement: Statement, faults: Faults) -> StageDecl | None:
    """Read one stage; None after a fault that leaves no stage."""
    kind, what_is_first = _KINDS[statement.keyword.text]
    if not check_words(statement, (what_is_first, "name"), faults):
        return None
    what, name = statement.words
    check_name(name, faults)
    args = statement.options
    inputs: tuple[TypeDecl, ...] = ()
    outputs: tuple[TypeDecl, ...] = ()
    if kind == "model":
        inputs = _shapes(args, "input", faults)
        outputs = _shapes(args, "output", faults)
        args = tuple(arg for arg in args if arg.name.text not in {"input", "output"})
    return StageDecl(kind, name, what, args, None, inputs, outputs, statement.keyword.span)


def _shapes(args: tuple[ArgDecl, ...], name: str, faults: Faults) -> tuple[TypeDecl, ...]:
    """Read each `--input` or `--output`: `[150,1]`, `150,1` or `1`."""
    shapes = []
    for arg in args:
        if arg.name.text != name:
            continue
        values = arg.value if isinstance(arg.value, tuple) else (arg.value,)
        dims = tuple(value for value in values if isinstance(value, int) and value > 0)
        if not values or len(dims) != len(values):
            faults.add(arg.span, f"--{name} is no shape", f"write --{name} [150,1]")
            continue
        shapes.append(TypeDecl(None, dims, arg.span))
    return tuple(shapes)
