"""Run the fuzz targets, each for a number of seconds, under sanitisers.

A target is a MicroPython script beside this file (`board_*.py`), run in the sanitised firmware, a
C program, built with the same sanitisers, or a module run on this machine (`host_*.py`). It is
called with a seed, a number of seconds and the files that it works with, and ends with a status
other than 0 when one of its rules breaks; what the sanitisers report is fatal as well. The input
that did it stays in build/fuzz, and the report says how to repeat it.
"""

import argparse
import os
import secrets
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from fuzz._guests import write_guests, write_runes
from fuzz._programs import program_command, program_folder, write_seeds

_HERE = Path(__file__).resolve().parent
_FIRMWARE = _HERE.parent / "build" / "unix-asan" / "micropython"
_HEAP = "1m"


# What a MicroPython script is given besides seed and seconds.
_FILES: dict[str, Callable[[], list[Path]]] = {
    "board_modules": write_guests,
    "board_loader": lambda: [write_seeds("wasm_validator")],
    "board_records": write_runes,
}


def targets() -> list[Path]:
    """Return the targets: scripts and programs."""
    found = [*_HERE.glob("*.py"), *_HERE.glob("*.c")]
    return sorted(path for path in found if not path.name.startswith("_"))


def run_target(script: Path, firmware: Path, seed: int, seconds: int) -> bool:
    """Run one target; return whether it held. Its output goes to the terminal."""
    print(f"fuzz: {script.stem}, seed {seed}, {seconds} s", flush=True)
    command, folder = _command(script, firmware, seed, seconds)
    environment = os.environ | {"UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}
    status = subprocess.run(command, cwd=folder, env=environment, check=False).returncode
    if status != 0:
        print(
            f"fuzz: {script.stem} FAILED with status {status}; inputs that were kept are in "
            f"{program_folder()}; repeat it: python -m fuzz {script.stem} --seed {seed} "
            f"--seconds {seconds}",
            flush=True,
        )
    return status == 0


def _command(
    script: Path, firmware: Path, seed: int, seconds: int
) -> tuple[list[str], Path | None]:
    """Return how to start a target, and where."""
    if script.suffix == ".c":
        return program_command(script, seed, seconds), program_folder()
    given = [str(seed), str(seconds)]
    if script.name.startswith("host_"):
        # It starts the firmware itself.
        given += [str(firmware)] if script.stem == "host_wasm_differential" else []
        return [sys.executable, "-m", f"fuzz.{script.stem}", *given], _HERE.parent
    command = [str(firmware), "-X", f"heapsize={_HEAP}", str(script), *given]
    files = _FILES.get(script.stem)
    return command + ([str(path) for path in files()] if files else []), None


def main() -> int:
    """Run every target, or the named ones; return 1 if one of them failed."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description="Run the fuzz targets.")
    parser.add_argument("names", nargs="*", help="targets to run (default: all)")
    parser.add_argument("--seconds", type=int, default=600, help="how long each runs")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**30))
    parser.add_argument("--firmware", type=Path, default=_FIRMWARE)
    parser.add_argument("--jobs", type=int, default=1, help="how many run at a time")
    options = parser.parse_args()
    if not options.firmware.is_file():
        print(f"fuzz: {options.firmware}: not there; run `make firmware SANITIZE=1`")
        return 1
    unknown = set(options.names) - {script.stem for script in targets()}
    if unknown:
        print(f"fuzz: no target named {', '.join(sorted(unknown))}")
        return 1
    chosen = [s for s in targets() if not options.names or s.stem in options.names]
    run = partial(
        run_target, firmware=options.firmware, seed=options.seed, seconds=options.seconds
    )
    with ThreadPoolExecutor(max(1, options.jobs)) as pool:
        held = list(pool.map(run, chosen))
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
