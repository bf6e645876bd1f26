"""What a container costs on a board, in instructions: `(rune - native) / native`.

Native is a C loop over the same kernels with the same capability reads and the same output, in the
same firmware on the same data, not timed. A Rune's call is that and all that RunicOS adds to
it in C, its telemetry included. Both are differences of two numbers of calls, so that what comes
once is not in them.
"""

import hashlib
import tempfile
import wave
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from bench.board_firmware import Firmware
from bench.counter import Counted
from bench.figure import Figure
from bench.firmware.region_numbers import (
    CALLED,
    NATIVE_MORE,
    NATIVE_ONE,
    NOTHING,
    RUNE_MORE,
    RUNE_ONE,
    UNCOUNTED_MORE,
    UNCOUNTED_ONE,
    UNMETERED_MORE,
    UNMETERED_ONE,
    UNTIMED,
)
from bench.link_map import C_LIBRARY, LinkMap, Piece
from bench.section import Section
from runicd import build

RUNES = Path(__file__).parents[1] / "runes"
# Calls that are counted. The clock is read in every 31st of calls as short as sine's.
CALLS = {"sine": 31, "digits": 1, "microspeech": 1}
# What the project promises, in percent; of sine on one board, of the others on each.
LIMITS_PERCENT = {"sine": 8.0, "digits": 0.5, "microspeech": 0.5}
SAGA_LIMIT_PERCENT = 1.0
METER_LIMIT_PERCENT = 1.0
SINE_BOARD = "mps2_an500"

# Who executes, by object file, in the order of a call.
LAYERS = ("MicroPython", "container", "wasm", "host call", "stages", "clock", "kernels")
_RUNE_OBJECTS = {
    "modrune.o": "container",
    "container.o": "container",
    "container_call.o": "container",
    "rune_times.o": "container",
    "host_hot.o": "host call",
    "host_cold.o": "host call",
}


@dataclass(frozen=True, slots=True)
class Calls:
    """Instructions of one call, five ways, and of each layer in them.

    `uncounted` is the Rune in a C loop without its Saga, `unmetered` without fuel, deadline and
    rates. `untimed` is it called from MicroPython, and each call's time not counted.
    """

    board: str
    core: str
    rune: str
    native: float
    rune_in_c: float
    uncounted: float
    called: float
    layers: Mapping[str, tuple[float, float, float]]
    unmetered: float = 0.0
    untimed: float = 0.0

    @property
    def percent(self) -> float:
        """The overhead of the container, called in a C loop."""
        return 100 * (self.rune_in_c - self.native) / self.native

    @property
    def saga_percent(self) -> float:
        """What it costs to count what a Rune does."""
        return 100 * (self.rune_in_c - self.uncounted) / self.uncounted

    @property
    def counted_percent(self) -> float:
        """The same with each call's time, of a call that the board makes from MicroPython."""
        counting = self.rune_in_c - self.uncounted + self.called - self.untimed
        return 100 * counting / (self.called - counting)

    @property
    def meter_percent(self) -> float:
        """What it costs to hold a Rune to its limits."""
        return 100 * (self.rune_in_c - self.unmetered) / self.unmetered

    @property
    def called_percent(self) -> float:
        """The overhead when each call comes from MicroPython."""
        return 100 * (self.called - self.native) / self.native


def measure(firmware: Firmware, rune: str) -> Calls:
    """Count a Rune's calls on a board. Raises CounterError."""
    calls = CALLS[rune]
    with tempfile.TemporaryDirectory() as folder:
        files = {"rune": Path(folder) / "rune", "data": Path(folder) / "data"}
        files["rune"].write_bytes(build(RUNES / rune / "Runefile").data)
        files["data"].write_bytes(sensor_data(rune, 1 + calls))
        regions = (NATIVE_ONE, NATIVE_MORE, RUNE_ONE, RUNE_MORE, CALLED)
        counted = firmware.run("overhead", {**files, "calls": calls}, profile=regions)
    nothing = counted.of(NOTHING)[0].instructions
    called, untimed = (
        sum(counts.instructions - nothing for counts in counted.of(region)) / calls
        for region in (CALLED, UNTIMED)
    )
    return Calls(
        firmware.board,
        firmware.core,
        rune,
        (_total(counted, NATIVE_MORE) - _total(counted, NATIVE_ONE)) / calls,
        (_total(counted, RUNE_MORE) - _total(counted, RUNE_ONE)) / calls,
        (_total(counted, UNCOUNTED_MORE) - _total(counted, UNCOUNTED_ONE)) / calls,
        called,
        _layers(counted, firmware.link_map(), calls),
        (_total(counted, UNMETERED_MORE) - _total(counted, UNMETERED_ONE)) / calls,
        untimed,
    )


def sensor_data(rune: str, windows: int) -> bytes:
    """Return what a Rune's capability reads, the same each time."""
    samples = RUNES / rune / "samples"
    if rune == "sine":
        return hashlib.shake_128(b"angles").digest(4 * windows)
    if rune == "digits":
        with Image.open(samples / "3.png") as image:
            return bytes(image.convert("L").tobytes())
    with wave.open(str(samples / "up_f3.wav")) as sound:
        return bytes(sound.readframes(sound.getnframes()))


def _total(counted: Counted, region: int) -> int:
    return counted.of(region)[0].instructions


def layer_of(piece: Piece) -> str:
    """Return the layer that a function belongs to."""
    if piece.part == "rune":
        return _RUNE_OBJECTS.get(piece.object, "stages")
    if piece.part == "wasm3":
        return "wasm" if piece.object.startswith("m3_") else "container"
    if piece.part in ("nn", "dsp", C_LIBRARY):
        return "kernels"
    return "clock" if piece.function == "mp_hal_ticks_us" else "MicroPython"


def _layers(
    counted: Counted, functions: LinkMap, calls: int
) -> dict[str, tuple[float, float, float]]:
    found: dict[int, Counter[str]] = {}
    for region, profile in counted.profiles.items():
        found[region] = Counter()
        for address, instructions in profile.items():
            piece = functions.find(address)
            layer = "MicroPython" if piece is None else layer_of(piece)
            found[region][layer] += instructions
    return {
        layer: (
            (found[NATIVE_MORE][layer] - found[NATIVE_ONE][layer]) / calls,
            (found[RUNE_MORE][layer] - found[RUNE_ONE][layer]) / calls,
            found[CALLED][layer] / calls,
        )
        for layer in LAYERS
    }


# ---- Tables


def overheads(measured: Sequence[Calls]) -> Section:
    """Return what containers cost, with the promises."""
    columns = ("core", "Rune", "native", "container", "%", "from MicroPython", "% ")
    rows = []
    for each in measured:
        container = (each.rune_in_c, each.percent, each.called, each.called_percent)
        rows.append((each.core, each.rune, each.native, *container))
    promises = [
        Figure(f"overhead {each.rune} {each.core}", each.percent, "%", LIMITS_PERCENT[each.rune])
        for each in measured
        if each.rune != "sine" or each.board == SINE_BOARD
    ]
    return Section("Container overhead: instructions of one call", columns, rows, promises)


def sagas(measured: Sequence[Calls]) -> Section:
    """Return what it costs to count what Runes do, with the promises."""
    columns = ("core", "Rune", "without", "with", "%", "its time", "both, %")
    rows = [
        (
            *(each.core, each.rune, each.uncounted, each.rune_in_c, each.saga_percent),
            *(each.called - each.untimed, each.counted_percent),
        )
        for each in measured
    ]
    promises = [
        Figure(f"saga {each.rune} {each.core}", each.counted_percent, "%", SAGA_LIMIT_PERCENT)
        for each in measured
    ]
    title = "Saga: instructions of one call, not counted and counted"
    return Section(title, columns, rows, promises)


def meters(measured: Sequence[Calls]) -> Section:
    """Return what it costs to hold Runes to fuel, deadline and rates, with the promises."""
    columns = ("core", "Rune", "without", "with", "difference", "%")
    rows = [
        (
            each.core,
            each.rune,
            each.unmetered,
            each.rune_in_c,
            each.rune_in_c - each.unmetered,
            each.meter_percent,
        )
        for each in measured
    ]
    promises = [
        Figure(f"metering {each.rune} {each.core}", each.meter_percent, "%", METER_LIMIT_PERCENT)
        for each in measured
    ]
    return Section("Metering: instructions of one call, without and with", columns, rows, promises)


def layers(measured: Sequence[Calls]) -> Iterator[Section]:
    """Yield who executes the instructions of a call: what is there natively, and what is not.

    Only that of the smallest Rune is printed: what the container does is nearly the same in all.
    """
    for each in measured:
        rows = [
            (layer, native, rune, called, rune - native, called - rune)
            for layer, (native, rune, called) in each.layers.items()
        ]
        totals = [sum(column) for column in list(zip(*rows, strict=True))[1:]]
        yield Section(
            f"One call of {each.rune} on {each.core}, by who executes",
            ("", "native", "container", "from MicroPython", "of the container", "of MicroPython"),
            [*rows, ("all", *totals)],
            is_printed=each.rune == "sine",
        )
