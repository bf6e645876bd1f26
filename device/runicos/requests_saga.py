"""Requests for what is known of Runes and of the board: in memory while one is answered.

A handler gets what those in requests.py get, whose table names these too. docs/saga.md says what
the answers mean.
"""

import gc
import time

import rune as native
import wasm3
from micropython import const

from runicos.telemetry import stage_rows
from runicos.wear import totals

_TICKS_MASK = const(0x3FFFFFFF)
_FRAMES_BYTES = const(1024)


def handler(verb: str) -> object:
    """Return what answers a verb."""
    return globals()["_" + verb]


def _stats(system: object, link: object, given: "dict[str, object]") -> object:
    rune = system.runes.find(given["name"])
    statistics = rune.row()
    statistics["max_us"] = rune.telemetry.times.max_us
    statistics["traps"] = rune.telemetry.traps or {}
    statistics["stages"] = []
    statistics.setdefault("denials", {})
    if rune.container is not None:
        statistics.update(rune.container.statistics())
        statistics["uptime_ms"] = (system.uptime_ms() - rune.started_ms) & _TICKS_MASK
        busy_ms = rune.telemetry.times.total_ms - rune.started_total_ms
        statistics["busy_ms"] = busy_ms & _TICKS_MASK
    written, erased = rune.telemetry.flash or (0, 0)
    board = totals(system)
    if board["flash_erased"] is None:
        erased = None
    statistics["flash"] = {"written": written, "erased": erased, "board": board}
    statistics["heap"] = _heap()
    statistics["journal"] = _journal(system)
    statistics["sensors"] = _sensors(system.board)
    return statistics


def _saga(system: object, link: object, given: "dict[str, object]") -> object:
    told = _journal(system)
    told["frames"] = system.journal.frames(given["name"], given["after"], _FRAMES_BYTES)
    return told


def _health(system: object, link: object, given: "dict[str, object]") -> object:
    return {
        "board": system.board.name,
        "uptime_ms": system.uptime_ms(),
        "journal": _journal(system),
        "fault": system.fault,
        "heap": _heap(),
        "flash_free": system.store.free_bytes(),
        "flash_bytes": system.store.bodies.total_bytes,
        "wear": totals(system),
        "sensors": _sensors(system.board),
        "runes": system.runes.rows(),
    }


def _sensors(board: object) -> "dict[str, object]":
    """Return what the board measures of itself; nothing that it has no sensor for."""
    told: "dict[str, object]" = {}
    for name in ("temperature_c", "battery_mv"):
        measure = getattr(board, name, None)
        value = None if measure is None else measure()
        if value is not None:
            told[name] = value
    return told


def _journal(system: object) -> "dict[str, object]":
    state = system.journal.state()
    told = dict(zip(("boot", "oldest", "newest", "dropped", "used", "bytes"), state))
    told["kept"] = system.journal.was_kept
    told["reset_cause"] = system.cause
    told["id"] = system.boot_id
    return told


def _heap() -> "dict[str, int]":
    gc.collect()
    used, free, most = native.heap()
    return {"used": used, "free": free, "most": most, "wasm3": wasm3.allocated()}


def _trace(system: object, link: object, given: "dict[str, object]") -> object:
    """Make one call that is timed whatever is the turn; say when each stage began."""
    rune = system.runes.ready(given["name"])
    pipeline = rune.container.pipeline
    if pipeline is not None:
        pipeline.timing = True
    start_us = time.ticks_us() & _TICKS_MASK
    system.schedule.call_now(rune)
    call_us = (time.ticks_us() - start_us) & _TICKS_MASK
    system.outputs.deliver()
    stages = []
    if pipeline is not None:
        at_us = (pipeline.began_us - start_us) & _TICKS_MASK
        for row in stage_rows(rune.container.stages, pipeline.ticks):
            took_us = row["last_us"]
            stages.append([row["kind"], row["name"], at_us, took_us])
            at_us += took_us
    return {"name": rune.name, "call_us": call_us, "stages": stages}
