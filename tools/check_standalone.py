"""Build the modules that stand alone without the rest of RunicOS.

nn goes into MicroPython's own unix port as it comes, built in build/stock-nn, where the tests run
its page's examples. nn, dsp, wasm3 and crypto are each compiled alone for one core, configured
alone with CMake, and may need no name that only another of our modules has. Warnings are errors.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from check_compile import (
    CheckFailed,
    cmake_flags,
    compile_for,
    differences,
    ended,
    make_flags,
    options_of,
)

_ROOT = Path(__file__).resolve().parent.parent
_CORE = "m7"
_ALONE = ("nn", "dsp", "wasm3", "crypto")
# What MicroPython's own port is built with, and what the fetched source has no submodules for.
_STOCK_MODULE = "nn"
_STOCK = ("FROZEN_MANIFEST=", "MICROPY_PY_SSL=0", "MICROPY_PY_BTREE=0")


def _names(linked: Path, *options: str) -> set[str]:
    command = ["arm-none-eabi-nm", "--format=just-symbols", *options, str(linked)]
    listed = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(listed.stdout.split())


def check_alone(name: str, modules: Path, build: Path, all_names: set[str]) -> int:
    """Compile one module by make, configure it by CMake; return how many sources it has.

    Raises CheckFailed. CMake's flags being make's, what compiles with one does with the other.
    """
    folder = modules / name
    count = compile_for(_CORE, folder, build / name)
    by_make = make_flags(_CORE, folder, build / name)
    wrong = differences(by_make, cmake_flags(folder, build / name, compile_too=False))
    linked = build / name / _CORE / "modules.o"
    borrowed = (all_names - _names(linked, "--defined-only")) & _names(linked, "--undefined-only")
    wrong += [f"{name}: {symbol} is another module's" for symbol in sorted(borrowed)]
    if wrong:
        raise CheckFailed("\n".join(wrong))
    return count


def build_stock(folder: Path, builds: Path, jobs: int) -> Path:
    """Build MicroPython's unix port with one module; return the program. Raises CheckFailed."""
    build = builds / f"stock-{folder.name}"
    stamp = build / f".built-from-{_decides(folder)}"
    if not stamp.is_file():
        shutil.rmtree(build, ignore_errors=True)
        build.mkdir(parents=True)
        stamp.touch()
    port = Path(os.environ["MPY_DIR"]) / "ports" / "unix"
    given = [f"BUILD={build}", f"USER_C_MODULES={folder}", *_STOCK]
    command = ["make", "-s", f"-j{jobs}", "-C", str(port), *given]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    said = finished.stdout[-2000:] + finished.stderr[-6000:]
    if finished.returncode or "warning:" in said:
        raise CheckFailed(f"MicroPython's unix port with {folder.name}:\n{said}")
    return build / "micropython"


def _decides(folder: Path) -> str:
    # MicroPython's make does not see a changed flag: what decides them starts the build over.
    parts = [os.environ["MPY_DIR"].encode(), *map(str.encode, _STOCK)]
    parts += [path.read_bytes() for path in sorted(folder.rglob("*.mk"))]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def _check(options: Namespace) -> None:
    modules, build = options.modules, options.build
    compile_for(_CORE, modules, build / "check-compile")
    all_names = _names(build / "check-compile" / _CORE / "modules.o", "--defined-only")
    for name in options.names:
        count = check_alone(name, modules, build / "check-alone", all_names)
        print(f"check-compile: {name} alone: {count} sources, no warning; CMake the same")
    if not options.no_stock:
        program = build_stock(modules / _STOCK_MODULE, build, options.jobs)
        print(f"check-compile: MicroPython's unix port with {_STOCK_MODULE}: {program}")


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--no-stock", action="store_true", help="leave out MicroPython's port")
    parser.add_argument("names", nargs="*", default=_ALONE)


def main() -> int:
    """Build each module alone, or those that the command line names."""
    return ended(_check, options_of(__doc__, _ROOT / "build", _add_arguments))


if __name__ == "__main__":
    sys.exit(main())
