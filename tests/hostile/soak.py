"""Soak: several simulated boards at once, each in a storm of its own, for SOAK_SECONDS (an hour).

Usage: python -m tests.hostile.soak. On every board, at random: a good Rune is cast and called,
another is called that has been there all along, a hostile one is cast, garbage is sent, the link
is dropped, the board is killed in the middle of an upload and started again. After each the board
answers, and the Rune that has been there gives the right numbers. Progress goes to the
terminal, a table at the end, and all figures to build/soak.json. A rule that breaks ends it with
status 1 and the seed.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import struct
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.board import ROOT
from tests.device.runes import sample, stock
from tests.device.sim_board import SimBoard
from tests.hostile import corpus
from tests.hostile.campaigns import BATCH_FRAMES, send_garbage
from tests.hostile.casting import GOOD, assert_stopped, good_rune_runs, heap_free, remove

_BOARDS = 3
_STEADY = "sine_int8"
# A Rune of two pages of memory fits beside the steady one.
_HEAP = "320k"
_PROGRESS_S = 10.0
# Some of what a board keeps, as the log's records, is longer at one time than at another.
_HEAP_SLACK_BYTES = 2048


class Storm:
    """One board and what happens to it."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.seed = seed
        self.counts: Counter[str] = Counter()
        self.failure = ""
        self._chance = random.Random(seed)
        self._flash = folder / str(seed)
        self._flash.mkdir()
        self._board = self._start()
        self._install()

    def run(self, end: float) -> None:
        """Do one thing after the other until the end, or until a rule breaks."""
        doing = ""
        try:
            while time.monotonic() < end:
                act, _ = self._chance.choices(_ACTS, [weight for _, weight in _ACTS])[0]
                doing = act.__name__.lstrip("_")
                act(self)
                self._check()
                self.counts[doing] += 1
        except Exception:
            self.failure = f"board {self.seed}, {doing}: {traceback.format_exc()}"
        finally:
            self._board.close()

    def heap_now(self) -> tuple[int, int]:
        """Return what the heap had free at first, and has now."""
        return self._free_at_first, self._free_now

    def _start(self) -> SimBoard:
        raw = self._flash.with_suffix(".raw")
        raw.write_bytes(struct.pack("<2f", 0.25, 0.5))
        sound = sample("microspeech", "up_f3.wav")
        return SimBoard(self._flash, "--sound", sound, "--raw", raw, heap=_HEAP)

    def _install(self) -> None:
        with self._board.tcp() as client:
            client.upload(_STEADY, stock(_STEADY))
            client.request("start", name=_STEADY, period_ms=0)
            good_rune_runs(client)
            self._free_at_first = self._free_now = heap_free(client)

    def _check(self) -> None:
        """The board answers, and its steady Rune is there and right."""
        assert self._board.alive()
        with self._board.tcp() as client:
            assert client.request("hello")["protocol"] >= 1
            assert client.request("self_test", name=_STEADY)
            assert client.request("call", name=_STEADY) == {"calls": 1}
            self._free_now = heap_free(client)

    def _cast_good(self) -> None:
        with self._board.tcp() as client:
            good_rune_runs(client)

    def _call_steady(self) -> None:
        count = self._chance.randint(1, 50)
        with self._board.tcp() as client:
            assert client.request("call", name=_STEADY, count=count) == {"calls": count}

    def _cast_hostile(self) -> None:
        with self._board.tcp() as client:
            assert_stopped(client, self._chance.choice(corpus.read_all()))

    def _garbage(self) -> None:
        send_garbage(self._board, self._chance, BATCH_FRAMES)

    def _reconnect(self) -> None:
        clients = [self._board.tcp() for _ in range(self._chance.randint(1, 3))]
        for client in clients:
            client.line.write(self._chance.randbytes(self._chance.randint(0, 50)))
        for client in clients:
            client.line.close()

    def _kill(self) -> None:
        """Kill the board at a random moment of a cast; what was there before is there after."""
        stop = threading.Timer(self._chance.random() * 0.15, self._board.process.kill)
        stop.start()
        try:
            self._cast_until_it_dies()
        finally:
            stop.join()
            self._board.close()
        self._board = self._start()
        with self._board.tcp() as client:
            names = {row["name"] for row in client.request("ps")}
            assert _STEADY in names, names
            remove(client, GOOD)

    def _cast_until_it_dies(self) -> None:
        try:
            with self._board.tcp() as client:
                while True:
                    client.upload(GOOD, stock(GOOD))
                    client.request("start", name=GOOD, period_ms=0)
                    client.request("rm", name=GOOD)
        except (EOFError, OSError):
            # It may die before it is connected to, too.
            return


_ACTS: tuple[tuple[Callable[[Storm], None], int], ...] = (
    (Storm._cast_good, 4),
    (Storm._call_steady, 4),
    (Storm._cast_hostile, 8),
    (Storm._garbage, 4),
    (Storm._reconnect, 2),
    (Storm._kill, 3),
)


def _progress(storms: list[Storm], threads: list[threading.Thread], begun: float) -> None:
    while alive := [thread for thread in threads if thread.is_alive()]:
        alive[0].join(_PROGRESS_S)
        total = sum((storm.counts for storm in storms), Counter())
        told = ", ".join(f"{name} {count}" for name, count in sorted(total.items()))
        print(f"soak: {time.monotonic() - begun:.0f} s: {told}", flush=True)


def _report(storms: list[Storm], seconds: float) -> bool:
    """Print the table and write the file; return whether every rule held."""
    names = [act.__name__.lstrip("_") for act, _ in _ACTS]
    print(f"\n{'board':>12} " + " ".join(f"{name:>12}" for name in [*names, "heap change"]))
    rows = []
    for storm in storms:
        before, now = storm.heap_now()
        if now < before - _HEAP_SLACK_BYTES and not storm.failure:
            storm.failure = f"board {storm.seed}: the heap lost {before - now} bytes"
        figures = [storm.counts[name] for name in names]
        print(
            f"{storm.seed:>12} " + " ".join(f"{value:>12}" for value in [*figures, now - before])
        )
        row = dict(zip(names, figures, strict=True))
        rows.append({"seed": storm.seed, **row, "heap_change": now - before})
    failures = [storm.failure for storm in storms if storm.failure]
    path = ROOT / "build" / "soak.json"
    path.parent.mkdir(exist_ok=True)
    figures = {"seconds": round(seconds), "boards": rows, "failures": failures}
    path.write_text(json.dumps(figures, indent=1) + "\n")
    print("\n".join(failures) or f"\nsoak: every rule held; the figures are in {path}")
    return not failures


def main() -> int:
    """Run the storms; return 1 when a rule broke on one of the boards."""
    seconds = float(os.environ.get("SOAK_SECONDS", "3600"))
    first = int(os.environ.get("SOAK_SEED", secrets.randbelow(10**6)))
    begun = time.monotonic()
    with TemporaryDirectory() as folder:
        storms = [Storm(Path(folder), first + number) for number in range(_BOARDS)]
        threads = [threading.Thread(target=one.run, args=[begun + seconds]) for one in storms]
        for thread in threads:
            thread.start()
        _progress(storms, threads, begun)
        return 0 if _report(storms, time.monotonic() - begun) else 1


if __name__ == "__main__":
    sys.exit(main())
