"""What each op of a model executes on an emulated core, as JSON: `python -m bench.model_profile`.

`runicd model profile` runs this in its repository and shows what it says.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from bench import counter, kernel_runs
from bench.kernels import inputs
from runicd.errors import ModelError
from runicd.model.operators import op_rows
from runicd.model.read_tflite import read_tflite


def profile(core: str, data: bytes) -> dict[str, object]:
    """Return the counts of one call and of each op in it. Raises CounterError, ModelError."""
    model = read_tflite(data)
    counted = kernel_runs.measure(core, data, inputs(model))
    rows = [
        {"number": row.number, "op": row.op, "outputs": row.outputs, "macs": row.macs}
        | asdict(counts)
        for row, counts in zip(op_rows(model), counted.ops, strict=True)
    ]
    warnings = counter.version_warnings(counter.qemu_version())
    return {"core": core, "call": asdict(counted.whole), "ops": rows, "warnings": warnings}


def main() -> int:
    """Print one JSON object; 2 and one line to stderr when it cannot be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.model_profile", description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--board", required=True, choices=kernel_runs.BOARDS.values())
    options = parser.parse_args()
    core = {board: core for core, board in kernel_runs.BOARDS.items()}[options.board]
    try:
        found = profile(core, options.model.read_bytes())
    except (counter.CounterError, ModelError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
