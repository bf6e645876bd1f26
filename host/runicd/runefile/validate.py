"""Whether a Rune's WebAssembly is valid, by wasmtime's validator, and what boards take."""

from __future__ import annotations

from runicd.errors import RuneFormatError
from runicd.runefile.read_rune import RuneFile
from runicd.runefile.wasm_module import WasmModule, read_module
from runicd.runefile.wasm_profile import check_profile


def fault_of(rune: RuneFile) -> str:
    """What is wrong with the code of a Rune or of its blocks, in one line; empty when nothing is.

    Runes of the original toolchain may be larger than boards take of others; the board decides.
    """
    try:
        _check_valid(rune.module.data)
        if not rune.is_original:
            check_profile(rune.module)
    except RuneFormatError as error:
        return error.what
    for number, block in enumerate(rune.blocks):
        try:
            check_block(read_module(block))
        except RuneFormatError as error:
            return f"block {number}: {error.what}"
    return ""


def check_block(module: WasmModule) -> None:
    """Raise RuneFormatError when a block's module is invalid, or more than boards take."""
    _check_valid(module.data)
    check_profile(module)


def _check_valid(data: bytes) -> None:
    import wasmtime  # noqa: PLC0415 - takes a while, and few commands need it

    try:
        wasmtime.Module.validate(wasmtime.Engine(), data)
    except wasmtime.WasmtimeError as error:
        reason = " ".join(str(error).split())
        raise RuneFormatError(
            f"no valid WebAssembly 1.0: {reason}", remedy="build it again"
        ) from None
