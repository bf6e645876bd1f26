"""wasm3 alone under sanitisers, whole or without one of our patches, to show what that mends."""

import filecmp
import hashlib
import os
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.board import ROOT

MODULE = ROOT / "native_modules" / "wasm3"
PATCHES = {path.name[:2]: path for path in sorted((MODULE / "patches").glob("*.patch"))}
_PROGRAM = Path(__file__).with_name("wasm3_alone.c")
_PARTS = ("bind", "code", "compile", "core", "emit", "env", "exec", "function", "info", "module")
_FLAGS = (
    *("-std=gnu11", "-O0", "-w", "-fno-strict-aliasing", "-fwrapv"),
    *("-fsanitize=address,undefined", "-fno-sanitize-recover=all"),
    *("-Dd_m3MaxFunctionStackHeight=512", "-Dd_m3CodePageAlignSize=1024"),
    *(f"-I{MODULE}", f"-I{MODULE.parent / 'include'}"),
)
# What the arena of the firmware frees at once is not freed here where loading failed.
_ENVIRONMENT = {"ASAN_OPTIONS": "detect_leaks=0", "UBSAN_OPTIONS": "print_stacktrace=1"}
_TIMEOUT_S = 120


@dataclass(frozen=True, slots=True)
class Ended:
    """What the program said of each module until it ended or crashed, and its complaint."""

    status: int
    said: list[str]
    complaint: str


@dataclass(frozen=True, slots=True)
class Tree:
    """A build of wasm3 for this machine."""

    program: Path

    def run(self, modules: Sequence[bytes], *, calls: bool = True) -> Ended:
        """Load, compile and call each module in turn."""
        given = b"".join(struct.pack("<I", len(data)) + data for data in modules)
        done = subprocess.run(
            [self.program, "call" if calls else "compile"],
            check=False,
            input=given,
            capture_output=True,
            env={**os.environ, **_ENVIRONMENT},
            timeout=_TIMEOUT_S,
        )
        said = [line.strip() for line in done.stdout.decode().splitlines()]
        return Ended(done.returncode, said, done.stderr.decode(errors="replace"))


def sources() -> Path:
    """The patched sources that the firmware is built of."""
    stated = (ROOT / "tools" / "sources.mk").read_text()
    name = stated.split("RUNIC_WASM3_DIR := $(CACHE)/src/")[1].split()[0]
    return ROOT / ".cache" / "src" / name / "wasm3"


def _cache() -> Path:
    """A folder for what is built from exactly these files."""
    files = [*PATCHES.values(), *sorted(MODULE.glob("*.[ch]")), _PROGRAM]
    text = b"".join(path.read_bytes() for path in files) + repr(_FLAGS).encode()
    return ROOT / "build" / "wasm3-alone" / hashlib.sha256(text).hexdigest()[:16]


def _compile(tree: Path, name: str, folder: Path, *, has_fuel: bool) -> None:
    own = {"alone": _PROGRAM, "skip": MODULE / "wasm_skip.c", "read": MODULE / "wasm_read.c"}
    path = own.get(name, tree / f"m3_{name}.c")
    options = [f"-DTREE_HAS_FUEL={int(has_fuel)}", "-isystem", str(tree)]
    options += ["-include", str(MODULE / "wasm3_shim.h"), "-c", "-o", str(folder / f"{name}.o")]
    subprocess.run(["gcc", *_FLAGS, *options, str(path)], check=True)


def _unpatched(without: Sequence[str], folder: Path) -> Path:
    """A copy of the sources with those patches taken back."""
    shutil.copytree(sources(), folder / "wasm3")
    for number in without:
        command = ["patch", "--reverse", "--strip=1", "--batch", f"--input={PATCHES[number]}"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder / "wasm3"


def _changed(tree: Path) -> list[str]:
    """The parts that must be compiled anew: all of them when a header differs."""
    names = [path.name for path in sources().glob("*.[ch]")]
    _, differing, _ = filecmp.cmpfiles(sources(), tree, names, shallow=False)
    parts = [*_PARTS, "parse"]
    if any(name.endswith(".h") for name in differing):
        return [*parts, "alone", "skip", "read"]
    return [part for part in parts if f"m3_{part}.c" in differing]


def _build(without: Sequence[str], place: Path) -> None:
    """Build into a folder beside, and give it its name when it is whole."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent) as name:
        folder = Path(name) / "built"
        folder.mkdir()
        tree = _unpatched(without, folder)
        if without:
            for path in tree_without().program.parent.glob("*.o"):
                shutil.copy(path, folder)
        parts = _changed(tree) if without else [*_PARTS, "parse", "alone", "skip", "read"]
        for part in parts:
            _compile(tree, part, folder, has_fuel="03" not in without)
        program = ["-o", str(folder / "run"), *map(str, sorted(folder.glob("*.o"))), "-lm"]
        subprocess.run(["gcc", "-fsanitize=address,undefined", *program], check=True)
        if not place.exists():
            folder.rename(place)


def tree_without(*numbers: str) -> Tree:
    """wasm3 with all of our patches but those, built once for each state of the sources."""
    place = _cache() / ("-".join(numbers) or "whole")
    if not place.exists():
        _build(numbers, place)
    return Tree(place / "run")
