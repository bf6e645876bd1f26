"""Cut power at every operation of the flash in turn (a MicroPython script).

Usage: power_cuts.py WRITE_BYTES SEED MODELS. With MODELS 1 the Runes have models in common.

After each cut the Runes are those before the step that was
cut or those after it, whole; then power is cut once more, at random, and the steps are finished.
Prints how many cuts there were, and how many uploads went on where they were cut.
"""

import random
import sys

from machine import BLOCK_BYTES, Machine, content, folder
from models import with_model

from runicos.contract.errors import RuneError
from runicos.pending import pending
from runicos.shared import own_bytes
from runicos.versions import kept

HAS_MODELS = sys.argv[3] == "1"


def rune(seed, size, *models):
    """Return a Rune's bytes, with models at the offsets given."""
    data = content(seed, size)
    for which, offset in models if HAS_MODELS else ():
        data = with_model(data, which, offset)
    return data


OLD_A, NEW_A = rune(1, 9000, (0, 320)), rune(2, 10_000, (0, 4000))
OLD_B, NEW_B = rune(3, 4096, (0, 0)), rune(4, 8192, (0, 48), (1, 8000))
NEW_C = rune(5, 5000, (1, 16))


# Each step says first what the Runes will be, then makes them so.


def upload(name, data):
    def step(machine, runes):
        runes[name] = data
        machine.upload(name, data)

    return step


def part(name, data, stop_at):
    def step(machine, runes):
        machine.upload(name, data, stop_at)

    return step


def remove(name):
    def step(machine, runes):
        runes.pop(name, None)
        machine.store.remove(name)

    return step


def decide(name, decided):
    def step(machine, runes):
        machine.store.decide(name, decided)

    return step


STEPS = (
    upload("a", NEW_A),
    decide("a", {"started": True}),
    remove("b"),
    part("c", NEW_C, 4500),
    upload("b", NEW_B),
    upload("c", NEW_C),
    upload("a", OLD_A),
)


def run(machine, runes, first):
    """Take the steps from the first; return the step at which power ended, and the Runes then."""
    for number in range(first, len(STEPS)):
        after = dict(runes)
        try:
            STEPS[number](machine, after)
        except (RuneError, OSError) as error:
            assert not machine.power.is_on(), (number, error)
            return number, after
        if not machine.power.is_on():
            return number, after
        runes.clear()
        runes.update(after)
        found = machine.contents()
        assert found == runes, number
    return len(STEPS), runes


def check(machine, runes, after):
    """Check what a restart finds; `runes` becomes that."""
    found = machine.contents()
    assert found in (runes, after), (sorted(found), folder())
    runes.clear()
    runes.update(found)


def cut_at(machine, cut, seen):
    """Cut power at one operation, restart, cut at another, restart, finish."""
    runes = {"a": OLD_A, "b": OLD_B}
    step = 0
    for operations in (cut, random.randrange(1, 120), None):
        machine.try_boot(operations)
        if machine.power.is_on():
            step, after = run(machine, runes, step)
            if not machine.power.is_on():
                machine.boot()
                check(machine, runes, after)
                seen["resumed"] += resumes(machine)
        else:
            machine.boot()
            check(machine, runes, runes)
    assert step == len(STEPS)
    assert runes == {"a": OLD_A, "b": NEW_B, "c": NEW_C}
    assert folder() == ["a.rune", "a.state", "b.rune", "c.rune"]


def resumes(machine):
    """Say whether an upload is there that goes on behind its first block."""
    store = machine.store
    wanted = pending(store)
    if wanted.file is None:
        return 0
    place, size = wanted.place, own_bytes(wanted.file[1], wanted.shared)
    if not store.bodies.resume(place, size, kept(store, True)):
        return 0
    assert store.bodies.received % BLOCK_BYTES == 0
    end = place + size
    used = store.bodies.used(kept(store, True))
    assert all([last <= place or end <= first for first, last in used])
    return int(store.bodies.received > 0)


def main():
    machine = Machine(24 if HAS_MODELS else 16, int(sys.argv[1]))
    random.seed(int(sys.argv[2]))
    machine.upload("a", OLD_A)
    machine.upload("b", OLD_B)
    start = machine.snapshot()
    machine.boot()
    step, _ = run(machine, {"a": OLD_A, "b": OLD_B}, 0)
    assert step == len(STEPS)
    cuts = machine.power.spent
    seen = {"resumed": 0}
    for cut in range(1, cuts + 1):
        machine.restore(start)
        cut_at(machine, cut, seen)
    print(cuts, seen["resumed"])


main()
