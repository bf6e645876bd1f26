"""Run modules grown at random on an emulated Cortex-M board and in wasmtime, and compare.

Usage: python -m fuzz.host_wasm_cortex_m SEED SECONDS [BOARD]; by default on the Cortex-M3. wasm3's
code has words of 32 bits there, and numbers of 64 bits lie in two of them. The modules are given
to the board by its REPL. The seed gives the same modules.
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


def _answer(board: EmulatedBoard, module: bytes) -> list[str]:
    try:
        return answers_in(board.run(f'run(bytes.fromhex("{module.hex()}"))', _TIMEOUT_S))[0]
    except Exception:
        print(f"fuzz: the board does not get through {module.hex()}")
        raise


def main() -> int:
    """Run batches for the time given; return 1 if anything differed or crashed."""
    with tempfile.TemporaryDirectory() as state:
        os.environ["RUNICD_STATE_DIR"] = state
        board = EmulatedBoard.start(firmware.find(sys.argv[3] if len(sys.argv) > 3 else KIND))
        try:
            board.run(ON_BOARD)
            return run_batches(
                int(sys.argv[1]),
                float(sys.argv[2]),
                lambda modules: [_answer(board, module) for module in modules],
                batch=_BATCH,
                most_pages=_PAGES,
            )
        finally:
            boards.stop(board.board)


if __name__ == "__main__":
    sys.exit(main())
