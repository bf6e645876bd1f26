"""A container that is closed gives its memory back at once: nothing waits for the collector."""

from pathlib import Path

import pytest

from tests.board import run_ok
from tests.device.flash_files import put
from tests.device.runes import sample, stock
from tests.signing import provision

SCRIPT = """
import gc, sys
from runicos import boot
from runicos.contract import memory
import hal, sim
flash, name = sys.argv[1:3]
system = boot.System(hal.Board(sim.parse(["--flash", flash] + sys.argv[3:])), None)
from runicos.watching import start
start(system)
system.runes.start(name, 1)
assert system.schedule.run_due() is None
rune = system.runes.ready(name)
parts = dict(memory.ram_parts(rune.slot.manifest))
owned = sum([parts[part] for part in ("tensors", "models", "blocks", "outputs", "sandbox")])
container = rune.container
gc.collect()
gc.disable()
before = gc.mem_free()
container.close()
print(owned, gc.mem_free() - before)
container.close()
"""

SOURCES = {
    "sine": [],
    "microspeech": ["--sound", sample("microspeech", "down_f3.wav")],
}


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_a_closed_container_waits_for_no_collection(name: str, tmp_path: Path) -> None:
    provision(tmp_path)
    put(tmp_path, name, stock(name))
    owned, freed = map(int, run_ok(SCRIPT, tmp_path, name, *SOURCES[name]).split())
    # The small objects of the modules are the collector's.
    assert freed >= 0.8 * owned
