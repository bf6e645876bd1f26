"""Custom blocks: finds their wasm, checks its interface, lays its tensors out in its memory.

A custom block imports nothing. It exports `memory`, `transform`, `__heap_base`, and a
`set_<argument>` for each argument that it takes. docs/rune-abi.md describes the calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from runicd.errors import InputError, RuneFormatError
from runicd.runefile.emit_wasm import section, unsigned
from runicd.runefile.faults import Faults, did_you_mean
from runicd.runefile.resources import read_file
from runicd.runefile.typed import CustomBlock
from runicd.runefile.validate import check_block
from runicd.runefile.wasm_module import WasmModule, read_module
from runicd.types import ArgValue, Stage, TensorType
from runicos.contract.memory import WASM_PAGE_BYTES

RUN_STACK_BYTES = 2048
"""wasm3's own stack for the block's values; the C stack is part of the block's memory."""
ALIGNMENT = 16
SUFFIXES = (".c", ".cc", ".cpp", ".cxx", ".rs")
_MEMORY_SECTION = 5


def is_custom(reference: str) -> bool:
    """Tell a path to a file of one's own from the name of a stock block."""
    return reference.startswith(("./", "../", "/")) or reference.endswith((".wasm", *SUFFIXES))


def load_custom(
    stage: Stage, folder: Path, inherited: bytes | None, args: dict[str, ArgValue], faults: Faults
) -> CustomBlock | None:
    """Read or compile a block and check it; None after a fault. Converts `args` in place."""
    data = inherited if inherited is not None else _read(stage, folder, faults)
    if data is None:
        return None
    try:
        module = read_module(data)
        before = len(faults.found)
        _check_interface(stage, module, faults)
        if len(faults.found) == before:
            check_block(module)
    except RuneFormatError as error:
        faults.add(stage.what_span, f'"{stage.what}": {error.what}', error.remedy)
        return None
    _check_args(stage, module, args, faults)
    if len(faults.found) > before:
        return None
    return CustomBlock(data, 0, RUN_STACK_BYTES)


def _read(stage: Stage, folder: Path, faults: Faults) -> bytes | None:
    path = folder / stage.what
    if path.is_dir():
        what = f'"{stage.what}" is a folder'
        faults.add(stage.what_span, what, f"name the source file, such as {stage.what}/block.c")
        return None
    if stage.what.endswith(".wasm"):
        return read_file(str(folder), stage.what, stage.what_span, faults)
    if not path.is_file():
        read_file(str(folder), stage.what, stage.what_span, faults)
        return None
    from runicd.runefile.compile_block import compile_block  # noqa: PLC0415 - stock Runes need none

    try:
        return compile_block(path)
    except InputError as error:
        faults.add(stage.what_span, f'"{stage.what}": {error.what}', error.remedy)
        return None


def _check_interface(stage: Stage, module: WasmModule, faults: Faults) -> None:
    for one in module.imports:
        what = f'"{stage.what}" imports {one.module}.{one.name}'
        faults.add(stage.what_span, what, "a block may import nothing; define it in the block")
    if module.has_start:
        faults.add(
            stage.what_span, f'"{stage.what}" has a start function', "move it into transform"
        )
    if module.memory_pages is None or module.export("memory") is None:
        faults.add(stage.what_span, f'"{stage.what}" exports no memory', 'export it as "memory"')
    heap_base = module.export("__heap_base")
    if heap_base is None or heap_base.value is None or heap_base.value < 0:
        faults.add(
            stage.what_span,
            f'"{stage.what}" does not export __heap_base',
            "link it with --export=__heap_base",
        )
    _check_transform(stage, module, faults)


def _check_transform(stage: Stage, module: WasmModule, faults: Faults) -> None:
    """Check `transform(pointer, count, ...)` against the number of the stage's tensors."""
    transform = module.export("transform")
    signature = transform.signature if transform else None
    if signature is None:
        names = [export.name for export in module.exports if export.kind == "func"]
        faults.add(
            stage.what_span,
            f'"{stage.what}" exports no function "transform"',
            did_you_mean("transform", names),
        )
        return
    outputs = max(1, len(stage.outputs))
    wanted = ("i32",) * (2 * (len(stage.inputs) + outputs))
    if signature.params != wanted or signature.results not in {(), ("i32",)}:
        what = f'transform of "{stage.what}" is {signature}'
        tensors = f"{len(stage.inputs)} input(s) and {outputs} output(s)"
        remedy = f"{tensors} need ({', '.join(wanted)}) -> i32"
        faults.add(stage.what_span, what, remedy)


def _check_args(
    stage: Stage, module: WasmModule, args: dict[str, ArgValue], faults: Faults
) -> None:
    """Check each argument against its `set_<name>`, and give it the type that this takes."""
    setters = {
        export.name[4:]: export.signature
        for export in module.exports
        if export.name.startswith("set_")
    }
    for key in list(args):
        name = key.replace("-", "_")
        value = args.pop(key)
        span = stage.arg_spans.get(key, stage.span)
        signature = setters.get(name)
        if signature is None or signature.params not in {("i32",), ("f32",)}:
            remedy = did_you_mean(name, setters) or f"export set_{name}(i32 or f32)"
            faults.add(span, f'"{stage.what}" has no argument "{key}"', remedy)
            continue
        number = _number(value, signature.params[0])
        if number is None:
            faults.add(
                span, f'argument "{key}" is {value!r}', f"it takes one {signature.params[0]}"
            )
        else:
            args[name] = number


def _number(value: ArgValue, kind: str) -> int | float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    if kind == "f32":
        return number
    whole = int(number) if number.is_integer() else None
    return whole if whole is not None and -(1 << 31) <= whole < 1 << 31 else None


def place_tensors(block: CustomBlock, types: Sequence[TensorType]) -> CustomBlock:
    """Lay a block's tensors out behind its own data, and make sure that its memory has room."""
    module = read_module(block.data)
    heap_base = module.export("__heap_base")
    assert heap_base is not None
    assert heap_base.value is not None
    at = heap_base.value
    addresses = []
    for own in types:
        at = -(-at // ALIGNMENT) * ALIGNMENT
        addresses.append(at)
        at += own.bytes
    memory_bytes = -(-at // ALIGNMENT) * ALIGNMENT
    data = _with_memory(module, -(-memory_bytes // WASM_PAGE_BYTES))
    return replace(block, data=data, memory_bytes=memory_bytes, addresses=tuple(addresses))


def _with_memory(module: WasmModule, pages: int) -> bytes:
    """Return the module with at least so many pages of memory."""
    if module.memory_pages is not None and module.memory_pages >= pages:
        return module.data
    own = next(one for one in module.sections if one.id == _MEMORY_SECTION)
    content = section(_MEMORY_SECTION, b"\1\0" + unsigned(pages))
    return module.data[: own.offset] + content + module.data[own.end :]
