"""What the targets for the host's readers share: rounds that repeat, and an input that is kept.

A round depends on the seed and its number alone. One that breaks a rule is written to build/fuzz
with how to repeat it: `python -m fuzz.<target> SEED 0 ROUND` runs only that one.
"""

from __future__ import annotations

import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from runicd.errors import RunicError

_FOLDER = Path(__file__).resolve().parents[1] / "build" / "fuzz"
_SLOW_S = 20.0
Round = Callable[[random.Random, list[bytes]], str]
"""Does one round with random choices; appends what it feeds, returns what it was about."""


def main(target: str, one_round: Round) -> int:
    """Run rounds for the given time; return 1 when one of them broke a rule."""
    seed, seconds = int(sys.argv[1]), float(sys.argv[2])
    if len(sys.argv) > 3:
        return 0 if _holds(target, one_round, seed, int(sys.argv[3]), Counter()) else 1
    counts: Counter[str] = Counter()
    end = time.monotonic() + seconds
    number = 0
    while time.monotonic() < end:
        if not _holds(target, one_round, seed, number, counts):
            return 1
        number += 1
    told = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
    print(f"{target}: seed {seed}, {number} rounds: {told}")
    return 0


def _holds(target: str, one_round: Round, seed: int, number: int, counts: Counter[str]) -> bool:
    fed: list[bytes] = []
    chance = random.Random(f"{seed}:{number}")
    begun = time.monotonic()
    try:
        counts[one_round(chance, fed)] += 1
    except RunicError as error:
        counts[type(error).__name__] += 1
    except Exception:
        _keep(target, seed, number, fed, traceback.format_exc())
        return False
    if time.monotonic() - begun > _SLOW_S:
        _keep(target, seed, number, fed, f"it took more than {_SLOW_S:g} s")
        return False
    return True


def _keep(target: str, seed: int, number: int, fed: list[bytes], what: str) -> None:
    """Write what broke the rule, and say where and how to repeat it."""
    _FOLDER.mkdir(parents=True, exist_ok=True)
    path = _FOLDER / f"{target}-crash-{seed}-{number}"
    path.write_bytes(b"".join(fed))
    print(f"{what}\n{target}: the input is {path}", file=sys.stderr)
    print(f"{target}: repeat it: python -m fuzz.{target} {seed} 0 {number}", file=sys.stderr)


def mutated(chance: random.Random, data: bytes, most: int = 4) -> bytes:
    """Return the bytes with a few flipped, cut out, doubled or put in."""
    mutant = bytearray(data)
    for _ in range(chance.randint(0, most)):
        at = chance.randint(0, len(mutant))
        choice = chance.randrange(4)
        if choice == 0 and at < len(mutant):
            mutant[at] ^= 1 << chance.randrange(8)
        elif choice == 1:
            del mutant[at : at + chance.choice((1, 2, 8, 100, len(mutant)))]
        elif choice == 2:
            mutant[at:at] = chance.randbytes(chance.randint(1, 9))
        else:
            mutant[at:at] = mutant[max(0, at - chance.randint(1, 50)) : at]
    return bytes(mutant)


_STRANGE = (None, True, -1, 0, 1 << 63, 1 << 80, 1e308, float("nan"), "", "\x1b[2J", "\udc80")


def strange(chance: random.Random, depth: int = 0) -> object:
    """Return any value at all that CBOR can say."""
    choice = chance.randrange(8)
    if choice < 4 or depth > 3:
        return chance.choice(_STRANGE[:-1])
    if choice == 4:
        return chance.randbytes(chance.randint(0, 40))
    if choice == 5:
        return chance.randint(-(1 << 33), 1 << 33)
    items = [strange(chance, depth + 1) for _ in range(chance.randint(0, 3))]
    return items if choice == 6 else {str(at): item for at, item in enumerate(items)}


def altered(chance: random.Random, value: object) -> object:
    """Return a value like the one given, with something in it replaced, left out or added."""
    if isinstance(value, dict) and value and chance.randrange(6):
        key = chance.choice(list(value))
        changed = dict(value)
        if chance.randrange(6):
            changed[key] = altered(chance, value[key])
        else:
            del changed[key]
        return changed
    if isinstance(value, list) and value and chance.randrange(6):
        at = chance.randrange(len(value))
        return [*value[:at], altered(chance, value[at]), *value[at + chance.randrange(3) :]]
    if isinstance(value, bytes) and chance.randrange(4):
        return mutated(chance, value)
    return strange(chance)
