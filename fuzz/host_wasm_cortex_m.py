"""Run modules grown at random on an emulated Cortex-M3 and in wasmtime, and compare (CPython).

Usage: python -m fuzz.host_wasm_cortex_m SEED SECONDS. wasm3's code has words of 32 bits there, and
numbers of 64 bits lie in two of them. The modules are given to the board by its REPL.
"""

import os
import sys
import tempfile

from fuzz._wasm_rounds import ON_BOARD, answers_in, run_batches
from runicd.sim import boards, firmware
from tests.boards.emulated import EmulatedBoard

KIND = "mps2_an385"
_BATCH = 10
# Its heap has room for one page, so that wasmtime is given no more either.
_PAGES = 1
_TIMEOUT_S = 120


def _answers(board: EmulatedBoard, modules: list[bytes]) -> list[list[str]]:
    calls = [f'run(bytes.fromhex("{data.hex()}"))' for data in modules]
    # One at a time: what is compiled lies on the board's heap, where modules want room.
    return [answers_in(board.run(call, _TIMEOUT_S))[0] for call in calls]


def main() -> int:
    """Run batches for the time given; return 1 if anything differed or crashed."""
    with tempfile.TemporaryDirectory() as state:
        os.environ["RUNICD_STATE_DIR"] = state
        board = EmulatedBoard.start(firmware.find(KIND))
        try:
            board.run(ON_BOARD)
            return run_batches(
                int(sys.argv[1]),
                float(sys.argv[2]),
                lambda modules: _answers(board, modules),
                batch=_BATCH,
                most_pages=_PAGES,
            )
        finally:
            boards.stop(board.board)


if __name__ == "__main__":
    sys.exit(main())
