"""Run the fuzz targets, each for a number of seconds, under sanitisers.

A target is a MicroPython script beside this file, run in the sanitised firmware, a C program,
built with the same sanitisers, or a program (`host_…`) that runs the firmware itself. It is called
with a seed, a number of seconds and the files that it works with, and ends with a status other
than 0 when one of its rules breaks; what the sanitisers report is fatal as well.
"""

import argparse
import os
import secrets
import subprocess
import sys
from pathlib import Path

from fuzz._guests import write_guests
from fuzz._programs import program_command, program_folder

_HERE = Path(__file__).resolve().parent
_FIRMWARE = _HERE.parent / "build" / "unix-asan" / "micropython"
_HEAP = "1m"


def targets() -> list[Path]:
    """Return the targets: scripts and programs."""
    found = [*_HERE.glob("*.py"), *_HERE.glob("*.c")]
    return sorted(path for path in found if not path.name.startswith("_"))


def run_target(script: Path, firmware: Path, seed: int, seconds: int) -> bool:
    """Run one target; return whether it held. Its output goes to the terminal."""
    print(f"fuzz: {script.stem}, seed {seed}, {seconds} s", flush=True)
    command = [str(firmware), "-X", f"heapsize={_HEAP}", str(script), str(seed), str(seconds)]
    if script.name == "board_modules.py":
        command += [str(path) for path in write_guests()]
    folder = None
    if script.name.startswith("host_"):
        command = [sys.executable, "-m", f"fuzz.{script.stem}", str(seed), str(seconds)]
        command, folder = [*command, str(firmware)], _HERE.parent
    if script.suffix == ".c":
        command, folder = program_command(script, seed, seconds), program_folder()
    environment = os.environ | {"UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}
    status = subprocess.run(command, cwd=folder, env=environment, check=False).returncode
    if status != 0:
        print(f"fuzz: {script.stem} FAILED with status {status}; repeat it with --seed {seed}")
    return status == 0


def main() -> int:
    """Run every target, or the named ones; return 1 if one of them failed."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description="Run the fuzz targets.")
    parser.add_argument("names", nargs="*", help="targets to run (default: all)")
    parser.add_argument("--seconds", type=int, default=600, help="how long each runs")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**30))
    parser.add_argument("--firmware", type=Path, default=_FIRMWARE)
    options = parser.parse_args()
    if not options.firmware.is_file():
        print(f"fuzz: {options.firmware}: not there; run `make firmware SANITIZE=1`")
        return 1
    unknown = set(options.names) - {script.stem for script in targets()}
    if unknown:
        print(f"fuzz: no target named {', '.join(sorted(unknown))}")
        return 1
    chosen = [s for s in targets() if not options.names or s.stem in options.names]
    held = [run_target(s, options.firmware, options.seed, options.seconds) for s in chosen]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
