"""Compile the native modules for every core that RunicOS's boards have, with make and with CMake.

tools/bare_port is a MicroPython port of no board: the modules' own micropython.mk give sources
and flags, and a warning is an error. For one core it is done again from micropython.cmake, which
must name the same sources with the same flags. What has been compiled is kept in
build/check-compile.
"""

import json
import os
import shlex
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_PORT = _ROOT / "tools" / "bare_port"
CORES = ("m0plus", "m3", "m4", "m7", "m33", "m55", "rv32imc")
_CMAKE_CORE = "m7"
# What decides how code behaves and how fast it is; include paths prove themselves by compiling.
_TELLING = ("-O", "-D", "-f", "-w", "-include")

Flags = dict[str, frozenset[str]]


class CheckFailed(Exception):
    """The modules do not compile, or the two build descriptions differ; the text says where."""


def _run(command: list[str], what: str) -> str:
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode:
        raise CheckFailed(f"{what}:\n{finished.stdout[-2000:]}{finished.stderr[-6000:]}")
    return finished.stdout


def _make(core: str, modules: Path, build: Path, *more: str) -> list[str]:
    given = [f"CORE={core}", f"BUILD={build / core}", f"USER_C_MODULES={modules}"]
    return ["make", "-s", "-C", str(_PORT), *given, *more]


def compile_for(core: str, modules: Path, build: Path) -> int:
    """Compile all modules for one core; return the number of sources. Raises CheckFailed."""
    _run(_make(core, modules, build, "objects"), f"the native modules for {core}")
    return len(make_flags(core, modules, build))


def make_flags(core: str, modules: Path, build: Path) -> Flags:
    """Return the telling flags of each source as make compiles it, base flags left out."""
    base = shlex.split(_run(_make(core, modules, build, "base-flags"), "flags").splitlines()[-1])
    printed = _run(_make(core, modules, build, "-n", "-B", "V=1", "objects"), "make's commands")
    commands = [line.split("||")[0] for line in printed.splitlines() if " -c -MD " in line]
    flags = dict(_telling(shlex.split(command), base, _PORT) for command in commands)
    micropython = str(Path(os.environ["MPY_DIR"]).resolve())
    return {source: kept for source, kept in flags.items() if not source.startswith(micropython)}


def cmake_flags(modules: Path, build: Path, *, compile_too: bool = True) -> Flags:
    """Configure and compile with CMake; return the same as make_flags. Raises CheckFailed."""
    core = _CMAKE_CORE
    base_text = _run(_make(core, modules, build, "base-flags"), "flags").splitlines()[-1]
    folder = build / "cmake"
    settings = {
        "CMAKE_SYSTEM_NAME": "Generic",
        "CMAKE_SYSTEM_PROCESSOR": "cortex-m7",
        "CMAKE_C_COMPILER": "arm-none-eabi-gcc",
        "CMAKE_TRY_COMPILE_TARGET_TYPE": "STATIC_LIBRARY",
        "CMAKE_EXPORT_COMPILE_COMMANDS": "ON",
        "MICROPY_DIR": os.environ["MPY_DIR"],
        "USER_C_MODULES": str(modules),
        "CHECK_FLAGS": base_text,
        "CHECK_HEADERS": str(build / core),
    }
    define = [f"-D{name}={value}" for name, value in settings.items()]
    _run(["cmake", "-S", str(_PORT), "-B", str(folder), *define], "cmake")
    if compile_too:
        _run(["cmake", "--build", str(folder), "--parallel", "2"], "the native modules with CMake")
    entries = json.loads((folder / "compile_commands.json").read_text("utf-8"))
    base = shlex.split(base_text)
    flags = [_telling(shlex.split(e["command"]), base, Path(e["directory"])) for e in entries]
    return {source: kept for source, kept in flags if source != str(_PORT / "empty.c")}


def _telling(command: list[str], base: list[str], folder: Path) -> tuple[str, frozenset[str]]:
    kept: set[str] = set()
    optimise = ""
    for at, word in enumerate(command):
        if word == "-include":
            kept.add(f"-include {Path(command[at + 1]).resolve()}")
        elif word.startswith("-O"):
            optimise = word
        elif word.startswith(_TELLING) and word not in base:
            kept.add(word)
    source = next(word for word in reversed(command) if word.endswith(".c"))
    return str((folder / source).resolve()), frozenset(kept | {optimise})


def differences(by_make: Flags, by_cmake: Flags) -> list[str]:
    """Say in sentences what micropython.mk and micropython.cmake do not agree on."""
    said = [f"{source}: not in micropython.cmake" for source in by_make.keys() - by_cmake.keys()]
    said += [f"{source}: not in micropython.mk" for source in by_cmake.keys() - by_make.keys()]
    for source in by_make.keys() & by_cmake.keys():
        missing = by_make[source] - by_cmake[source]
        extra = by_cmake[source] - by_make[source]
        said += [f"{source}: {flag} only in micropython.mk" for flag in sorted(missing)]
        said += [f"{source}: {flag} only in micropython.cmake" for flag in sorted(extra)]
    return sorted(said)


def options_of(what: str | None, build: Path, more: Callable[[ArgumentParser], None]) -> Namespace:
    """Read a check's arguments: what all have, and `more`."""
    parser = ArgumentParser(description=(what or "").splitlines()[0])
    parser.add_argument("--modules", type=Path, default=_ROOT / "native_modules")
    parser.add_argument("--build", type=Path, default=build)
    parser.add_argument("--jobs", type=int, default=2)
    more(parser)
    options = parser.parse_args()
    options.modules, options.build = options.modules.resolve(), options.build.resolve()
    return options


def ended(check: Callable[[Namespace], None], options: Namespace) -> int:
    """Run a check; return 0, or 1 after saying on standard error what is wrong."""
    try:
        if "MPY_DIR" not in os.environ:
            raise CheckFailed("MPY_DIR is not set; run `make check-compile`")
        check(options)
    except CheckFailed as failed:
        print(f"check-compile: {failed}", file=sys.stderr)
        return 1
    return 0


def _check(options: Namespace) -> None:
    modules, build = options.modules, options.build
    with ThreadPoolExecutor(options.jobs) as pool:
        counts = pool.map(lambda core: compile_for(core, modules, build), options.cores)
        for core, count in zip(options.cores, counts, strict=True):
            print(f"check-compile: {core}: {count} sources, no warning")
    if _CMAKE_CORE in options.cores:
        by_make = make_flags(_CMAKE_CORE, modules, build)
        wrong = differences(by_make, cmake_flags(modules, build))
        if wrong:
            raise CheckFailed("\n".join(wrong))
        print(f"check-compile: CMake: the same {len(by_make)} sources with the same flags")


def main() -> int:
    """Compile for every core, or for those that the command line names."""
    options = options_of(
        __doc__,
        _ROOT / "build" / "check-compile",
        lambda parser: parser.add_argument("cores", nargs="*", default=CORES),
    )
    return ended(_check, options)


if __name__ == "__main__":
    sys.exit(main())
