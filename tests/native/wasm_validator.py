"""The board's validator as a program with sanitisers, and wasmtime's as the judge of it."""

import struct
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import wasmtime

from tests.board import ROOT

MODULE = ROOT / "native_modules" / "wasm3"
SOURCES = sorted(MODULE.glob("wasm_*.c"))
FLAGS = ["-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Werror"]
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]


@dataclass(frozen=True, slots=True)
class Validator:
    """A build of the board's validator for this machine."""

    program: Path

    def judge(self, modules: Sequence[bytes], *, rune: bool = False) -> list[str]:
        """Return for each module "valid", or the byte and what is wrong there."""
        head = (struct.pack("<IB", len(data), rune) + data for data in modules)
        ended = subprocess.run(
            [self.program], check=False, input=b"".join(head), capture_output=True
        )
        assert ended.returncode == 0, ended.stderr.decode()
        lines = ended.stdout.decode().splitlines()
        assert len(lines) == len(modules)
        return lines


def build_validator(folder: Path) -> Validator:
    """Compile the validator with the sanitisers."""
    sources = [Path(__file__).with_name("validate_modules.c"), *SOURCES]
    includes = [f"-I{MODULE}", f"-I{MODULE.parent / 'include'}"]
    program = folder / "validate_modules"
    command = ["gcc", *FLAGS, *SANITIZERS, *includes, *map(str, sources), "-o", str(program)]
    subprocess.run(command, check=True)
    return Validator(program)


def judge() -> wasmtime.Engine:
    """An engine that takes what WebAssembly 1.0 has, and as little more as wasmtime allows."""
    config = wasmtime.Config()
    config.wasm_multi_value = False
    config.wasm_bulk_memory = False
    config.wasm_relaxed_simd = False
    config.wasm_simd = False
    config.wasm_multi_memory = False
    config.wasm_memory64 = False
    config.wasm_tail_call = False
    return wasmtime.Engine(config)


def reason_against(engine: wasmtime.Engine, module: bytes) -> str:
    """What wasmtime finds wrong with a module, in a line; empty when it is valid."""
    try:
        wasmtime.Module.validate(engine, module)
    except wasmtime.WasmtimeError as error:
        return " ".join(str(error).split())
    return ""
