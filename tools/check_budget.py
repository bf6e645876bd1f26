"""Check a firmware's flash against its board's budget: check_budget.py BOARD.TOML FIRMWARE.ELF.

Run at the end of each firmware build. Prints what is taken, and of how much; status 1 when it is
more than `flash_bytes` in [budgets] of board.toml.
"""

import os
import subprocess
import sys
import tomllib
from pathlib import Path


def flash_bytes(elf: Path) -> int:
    """Return what a firmware takes in flash: its code, its constants, its variables' values."""
    size = os.environ.get("CROSS_COMPILE", "arm-none-eabi-") + "size"
    said = subprocess.run([size, elf], check=True, capture_output=True, text=True).stdout
    text, data = said.splitlines()[1].split()[:2]
    return int(text) + int(data)


def main(arguments: list[str]) -> int:
    """Check one firmware."""
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    board, elf = map(Path, arguments)
    budget = tomllib.loads(board.read_text()).get("budgets", {}).get("flash_bytes")
    if budget is None:
        print(f"{board}: states no flash_bytes in [budgets]", file=sys.stderr)
        return 1
    taken = flash_bytes(elf)
    print(f"flash: {taken:,} of {budget:,} bytes")
    if taken > budget:
        over = f"{taken - budget:,} bytes more than flash_bytes in [budgets] of {board}"
        what = "`python -m bench.flash_size` shows what takes them"
        print(f"{elf}: {over}; {what}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
