"""Bring free flash together, with power cut at every operation of that (a MicroPython script).

Usage: gathering.py SEED. For some layouts at random: the largest hole never gets smaller, the
Runes stay what they are, whatever power does. Prints layouts, moves, cuts.
"""

import random
import sys

from machine import BLOCK_BYTES, Machine, content, folder
from models import MODELS, with_model

from runicos.contract.errors import RuneError
from runicos.pointer import names
from runicos.recovery import gather

BLOCKS = 24
LAYOUTS = 12


def fragmented(machine):
    """Fill the flash with Runes and remove some; return those that are left."""
    runes = {}
    number = 0
    while machine.store.free_bytes():
        size = random.randrange(1, min(machine.store.free_bytes(), 6 * BLOCK_BYTES) + 1)
        name = "r%d" % number
        number += 1
        runes[name] = content(number, size)
        if random.randrange(3) == 0 and size > len(MODELS[0]):
            runes[name] = with_model(content(number, size - len(MODELS[0])), 0, 0)
        machine.upload(name, runes[name])
    for name in sorted(runes):
        if random.randrange(5) < 2:
            machine.store.remove(name)
            del runes[name]
    return runes


def gather_with_cuts(machine, runes, start, wanted):
    """Cut power at each operation of gathering in turn; return how many there are."""
    cut = 0
    while True:
        cut += 1
        machine.restore(start)
        machine.boot(cut)
        try:
            gather(machine.store)
        except RuneError:
            assert not machine.power.is_on()
        lasted = machine.power.is_on()
        machine.boot()
        assert machine.contents() == runes
        gather(machine.store)
        assert machine.contents() == runes
        assert machine.store.free_bytes() >= wanted
        assert folder() == [name + ".rune" for name in sorted(runes)]
        if lasted:
            return cut


def stay_while_read(machine):
    """A Rune that is read must not move."""
    bodies = [machine.store.open(name) for name in names(machine.store)]
    assert gather(machine.store) == 0
    for body in bodies:
        body.close()


def main():
    random.seed(int(sys.argv[1]))
    moves = cuts = 0
    for _ in range(LAYOUTS):
        machine = Machine(BLOCKS, 16)
        runes = fragmented(machine)
        stay_while_read(machine)
        start = machine.snapshot()
        before = machine.store.free_bytes()
        moved = gather(machine.store)
        after = machine.store.free_bytes()
        assert machine.contents() == runes
        assert after > before if moved else after == before
        assert gather(machine.store) == 0
        moves += moved
        if moved:
            cuts += gather_with_cuts(machine, runes, start, after if moved == 1 else before)
    print(LAYOUTS, moves, cuts)


main()
