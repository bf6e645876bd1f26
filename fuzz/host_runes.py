"""Fuzz what runicd makes of `.rune` files: reading, validating, inspecting, drawing (CPython).

Usage: python -m fuzz.host_runes SEED SECONDS [ROUND]. Runes of the repository and hostile ones
are damaged: bytes anywhere, or values of the manifest. Whatever is in the file, runicd ends in
what it promises: something to show, or an error of its own tree.
"""

from __future__ import annotations

import json
import random
import sys
from functools import cache
from pathlib import Path

import cbor2

from fuzz._host_rounds import altered, main, mutated
from runicd import graph
from runicd.inspect import inspect_rune, render
from runicd.runefile.build import build
from runicd.runefile.read_rune import read_rune
from runicd.runefile.validate import fault_of
from tests.device import runes
from tests.hostile import corpus

_ROOT = Path(__file__).resolve().parents[1]


@cache
def _files() -> list[bytes]:
    own = [build(_ROOT / "runes" / name).data for name in ("sine", "sine_int8", "gesture")]
    return own + [corpus.rune_bytes(hostile) for hostile in corpus.read_all()]


def _changed(chance: random.Random, data: bytes) -> bytes:
    if chance.randrange(2):
        return mutated(chance, data)
    try:
        fields = altered(chance, runes.manifest_of(data))
    except ValueError:
        return mutated(chance, data)
    return runes.with_section(data, "runic.manifest", cbor2.dumps(fields))


def one_round(chance: random.Random, fed: list[bytes]) -> str:
    """Read one file in every way; return what it was."""
    data = _changed(chance, chance.choice(_files()))
    fed.append(data)
    rune = read_rune(data)
    fault = fault_of(rune)
    found = inspect_rune(data)
    render(found)
    json.dumps(found.to_json())
    picture = graph.picture_of(data)
    chance.choice((graph.to_svg, graph.to_dot, graph.to_mermaid))(picture)
    return "invalid" if fault else "original" if rune.is_original else "own"


if __name__ == "__main__":
    sys.exit(main("host_runes", one_round))
