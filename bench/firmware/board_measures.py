"""Measures RunicOS on a board: what runs in the numbered regions is counted from outside.

Frozen into a firmware that is built with BENCH=1. The emulator's argument `measure` says which of
`_MEASURES` runs instead of RunicOS. What is not counted in instructions is logged: `figures {…}`.
"""

import gc
import json

import mps
import regions

_MEASURES = {
    "overhead": ("board_overhead", "overhead"),
    "boot": ("board_load", "boot"),
    "install": ("board_load", "install"),
    "load": ("board_load", "load"),
    "signature": ("board_signature", "signature"),
}


def main() -> None:
    """Run the measure that is asked for; an error ends the emulation with a failure."""
    module, function = _MEASURES[mps.argument("measure")]
    measure = getattr(__import__(module), function)
    gc.collect()
    try:
        figures = measure(gc.mem_alloc())
    except Exception as error:
        mps.log("failed: %r\n" % error)
        regions.exit(False)
    mps.log("figures %s\n" % json.dumps(figures))
    regions.exit()
