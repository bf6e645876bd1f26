"""Metering: what a call of a Rune may spend, in time and in wasm3's fuel.

A limit is stated in milliseconds. The clock stops what takes longer, whatever it does; fuel is the
same limit in steps of WebAssembly, at the rate of the tightest loop on this board, and needs no
clock.
"""

from time import ticks_diff, ticks_ms, ticks_us

import rune as native
import wasm3

from runicos.limits import limit

# (module (func (export "f") loop br 0 end))
_LOOP = b"\0asm\1\0\0\0\1\4\1\x60\0\0\3\2\1\0\7\5\1\1f\0\0\x0a\x09\1\7\0\x03\x40\x0c\0\x0b\x0b"
_LOOP_STACK_BYTES = 256
_MEASURED_MS = 7
# What the service may need between two calls, until it feeds the watchdog.
_SERVED_MS = 1000
# Something else may take the processor meanwhile: the fastest of some is right.
_TIMES = 3
_LATE = "[trap] deadline exceeded"


def set_limits(runtime: object, board: object, call_ms: int) -> None:
    """Have a wasm3.Runtime stop calls that take longer; 0 is what the board says.

    None may take so long that the watchdog would reset the board.
    """
    call_ms = call_ms or limit(board, "call_ms")
    watchdog_ms = limit(board, "watchdog_ms")
    if watchdog_ms:
        # Its Rune alone is to stop, before the watchdog stops all.
        call_ms = min(call_ms, max(watchdog_ms - _SERVED_MS, watchdog_ms // 2))
    runtime.deadline_ms = call_ms
    runtime.fuel = call_ms * fuel_per_ms(board)


def set_up(container: object, runtime: object, function: object, *arguments: object) -> None:
    """Call what a Rune brings for its start: all of it together may take no more than one call.

    What the board does meanwhile does not count. Raises wasm3.Trap when the time is up.
    """
    call_ms = runtime.deadline_ms
    if container.set_up_ms >= call_ms:
        raise wasm3.Trap(_LATE)
    native.feed()
    runtime.deadline_ms = call_ms - container.set_up_ms
    begun_ms = ticks_ms()
    try:
        function(*arguments)
    finally:
        container.set_up_ms += ticks_diff(ticks_ms(), begun_ms)
        runtime.deadline_ms = call_ms


def fuel_per_ms(board: object) -> int:
    """Return the units of fuel that a tight loop spends; measured once, kept by the board."""
    rate = getattr(board, "fuel_per_ms", 0)
    if not rate:
        rate = board.fuel_per_ms = max([_measure() for _ in range(_TIMES)])
    return rate


def _measure() -> int:
    runtime = wasm3.Runtime(_LOOP_STACK_BYTES, 1, wasm3.RUNE)
    try:
        function = runtime.load(_LOOP).find("f")
        runtime.deadline_ms = _MEASURED_MS
        begun_us = ticks_us()
        try:
            function()
        except wasm3.Trap:
            # This is how it ends.
            taken_us = ticks_diff(ticks_us(), begun_us)
        return max(1, runtime.spent * 1000 // max(1, taken_us))
    finally:
        runtime.close()
