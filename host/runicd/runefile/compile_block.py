"""Compiles a custom block's source to wasm with whatever compiler is installed.

C and C++ take clang with wasm-ld, or zig; Rust takes rustc with its wasm target. The stack is
small and lies first in memory, so that an overflow traps instead of overwriting data.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from runicd.errors import InputError, ToolMissing

STACK_BYTES = 1024
TIMEOUT_S = 300
# Boards take WebAssembly 1.0 with the sign extension instructions; compilers know more by now.
_ZIG_TARGET = ("-target", "wasm32-freestanding", "-mcpu=mvp+sign_ext")
_RUST_TARGET = "wasm32-unknown-unknown"
_LINK = (
    "--no-entry",
    "--export=transform",
    "--export=__heap_base",
    "--export-dynamic",
    "--strip-all",
    "-z",
    f"stack-size={STACK_BYTES}",
)
# Compilers call these from code that never names them, and a block has no libc.
_RUNTIME = """
#define WEAK __attribute__((weak, visibility("hidden"), no_builtin))
typedef __SIZE_TYPE__ size;
WEAK void *memcpy(void *to, const void *from, size n) {
    for (size i = 0; i < n; ++i) { ((unsigned char *)to)[i] = ((const unsigned char *)from)[i]; }
    return to;
}
WEAK void *memmove(void *to, const void *from, size n) {
    unsigned char *t = to;
    const unsigned char *f = from;
    if (t < f) { for (size i = 0; i < n; ++i) { t[i] = f[i]; } }
    else { while (n--) { t[n] = f[n]; } }
    return to;
}
WEAK void *memset(void *to, int value, size n) {
    for (size i = 0; i < n; ++i) { ((unsigned char *)to)[i] = (unsigned char)value; }
    return to;
}
"""


def compile_block(source: Path) -> bytes:
    """Return the wasm of a source file. Raises InputError with the compiler's first complaint."""
    with tempfile.TemporaryDirectory(prefix="runicd-block-") as folder:
        target = Path(folder) / "block.wasm"
        if source.suffix == ".rs":
            _run(_rust_command(source, target), source)
        else:
            _compile_c(source, target, Path(folder))
        return target.read_bytes()


def _compile_c(source: Path, target: Path, folder: Path) -> None:
    compiler = _c_compiler()
    # zig does so by itself, and does not know the option.
    flags_first = () if "cc" in compiler else ("--stack-first",)
    runtime = folder / "runtime.c"
    runtime.write_text(_RUNTIME)
    objects: list[Path] = []
    for file in (source.resolve(), runtime):
        flags = (
            ["-std=c++17", "-fno-exceptions", "-fno-rtti"] if file.suffix != ".c" else ["-std=c11"]
        )
        objects.append(folder / f"{file.stem}-{len(objects)}.o")
        options = ["-O2", "-ffreestanding", "-fvisibility=default", "-g0"]
        _run([*compiler, *flags, *options, "-c", str(file), "-o", str(objects[-1])], source)
    link = [f"-Wl,{','.join((*_LINK, *flags_first))}"]
    _run([*compiler, "-nostdlib", *link, *map(str, objects), "-o", str(target)], source)


def _c_compiler() -> list[str]:
    """Return a compiler that makes wasm. Raises ToolMissing."""
    clang = os.environ.get("RUNICD_CLANG") or shutil.which("clang")
    if clang and any(
        shutil.which(name) for name in ("wasm-ld", "wasm-ld-14", "wasm-ld-19", "wasm-ld-21")
    ):
        return [clang, "--target=wasm32", "-mcpu=mvp", "-msign-ext"]
    if importlib.util.find_spec("ziglang") is not None:
        return [sys.executable, "-m", "ziglang", "cc", *_ZIG_TARGET]
    if shutil.which("zig"):
        return ["zig", "cc", *_ZIG_TARGET]
    what = "no compiler for C or C++ blocks is installed"
    raise ToolMissing(
        what, remedy="install clang and lld, or `pip install ziglang`, or give a .wasm"
    )


def _rust_command(source: Path, target: Path) -> list[str]:
    rustc = shutil.which("rustc")
    if rustc is None:
        what = "no compiler for Rust blocks is installed"
        raise ToolMissing(
            what, remedy=f"install rustc with the target {_RUST_TARGET}, or give a .wasm"
        )
    command = [
        rustc,
        "--target",
        _RUST_TARGET,
        "--crate-type=cdylib",
        "--edition=2021",
        "--crate-name=block",
    ]
    command += ["-Copt-level=s", "-Cpanic=abort", "-Cstrip=symbols", "-Cdebuginfo=0"]
    command += ["-Ctarget-cpu=mvp", "-Ctarget-feature=+sign-ext"]
    for argument in ("--export=__heap_base", "--stack-first", "-zstack-size=" + str(STACK_BYTES)):
        command.append(f"-Clink-arg={argument}")
    return [*command, "-o", str(target), str(source)]


def _run(command: list[str], source: Path) -> None:
    """Run one compiler. Raises InputError with the first line that says what is wrong."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise InputError(
            f"{command[0]} took longer than {TIMEOUT_S} s", remedy="simplify the block"
        ) from None
    if done.returncode == 0:
        return
    if "can't find crate for `core`" in done.stderr or "can't find crate for `std`" in done.stderr:
        what = f"rustc has no target {_RUST_TARGET}"
        raise ToolMissing(what, remedy=f"run `rustup target add {_RUST_TARGET}`, or give a .wasm")
    lines = [
        line.strip() for line in done.stderr.splitlines() if "error" in line or "undefined" in line
    ]
    complaint = lines[0] if lines else (done.stderr.strip().splitlines() or ["no message"])[-1]
    raise InputError(f"does not compile: {complaint.replace(str(source.resolve()), source.name)}")
