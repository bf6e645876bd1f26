"""Feed the watchdog while much is written in a row (a MicroPython script).

An upload and gathering, on a watchdog that counts: no two blocks of bodies are erased without that
it was fed. Prints how many were erased by each.
"""

import rune
from machine import BLOCK_BYTES, Machine, content

from runicos.recovery import gather

BLOCKS = 24


class Watchdog:
    """Notes when it is fed."""

    def __init__(self):
        self.seen = []

    def feed(self):
        self.seen.append("fed")

    def hold(self, held):
        raise AssertionError("nobody types")


def noting(flash, seen):
    """Have a flash note what it erases."""
    erase = flash.erase

    def noted(offset, length):
        assert length == BLOCK_BYTES
        seen.append("erased")
        return erase(offset, length)

    flash.erase = noted


def erased(seen):
    """Return how many blocks were erased, each after the watchdog was fed."""
    count = 0
    for before, what in zip(["started"] + seen, seen):
        if what == "erased":
            assert before == "fed", "%d blocks after one feed" % count
            count += 1
    seen.clear()
    return count


def main():
    machine = Machine(BLOCKS, 16)
    watchdog = Watchdog()
    noting(machine.bodies, watchdog.seen)
    rune.watch(watchdog, 1000)
    machine.upload("hole", content(1, 4 * BLOCK_BYTES))
    machine.upload("large", content(2, 14 * BLOCK_BYTES))
    machine.upload("small", content(3, 3 * BLOCK_BYTES))
    uploads = erased(watchdog.seen)
    machine.store.remove("hole")
    assert gather(machine.store) == 1
    print(uploads, erased(watchdog.seen))
    rune.watch(None, 1000)


main()
