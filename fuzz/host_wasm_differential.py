"""Run modules grown at random in the firmware of this machine and in wasmtime, and compare.

Usage: python -m fuzz.host_wasm_differential SEED SECONDS FIRMWARE. A batch of modules runs in one
process of the firmware. The seed gives the same modules.
"""

import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from fuzz._wasm_rounds import ON_BOARD, answers_in, run_batches

_BATCH = 100
_PAGES = 3
_HEAP = "8m"
_TIMEOUT_S = 120
_ALL_OF_FILE = """
with open(sys.argv[1], "rb") as modules:
    while head := modules.read(4):
        run(modules.read(struct.unpack("<I", head)[0]))
"""


def _answers(firmware: Path, modules: list[bytes]) -> list[list[str]]:
    """What the firmware printed for each module. Raises CalledProcessError when it crashed."""
    with tempfile.NamedTemporaryFile(suffix=".modules") as file:
        file.write(b"".join(struct.pack("<I", len(data)) + data for data in modules))
        file.flush()
        command = [str(firmware), "-X", f"heapsize={_HEAP}", "-c", ON_BOARD + _ALL_OF_FILE]
        done = subprocess.run(
            [*command, file.name], capture_output=True, text=True, check=False, timeout=_TIMEOUT_S
        )
    if done.returncode != 0:
        print(done.stderr[-4000:])
        done.check_returncode()
    return answers_in(done.stdout)


def main() -> int:
    """Run batches for the time given; return 1 if anything differed or crashed."""
    seed, seconds, firmware = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    return run_batches(
        seed,
        seconds,
        lambda modules: _answers(firmware, modules),
        batch=_BATCH,
        most_pages=_PAGES,
    )


if __name__ == "__main__":
    sys.exit(main())
