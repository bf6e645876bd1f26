"""Instructions of `dsp`'s transforms and of the audio front end: `python -m bench.dsp`.

CMSIS-DSP transforms the same values in the same run; it is not to take fewer.
"""

import argparse
import sys
import wave
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench import board_firmware, dsp_programs
from bench.dsp_programs import SIZES, Ran
from bench.figure import Figure
from bench.report import report
from bench.section import Section

SAMPLE = dsp_programs.ROOT / "runes/microspeech/samples/up_f3.wav"
CORES = dict(zip(board_firmware.BOARDS, ("m3", "m4", "m7", "m55"), strict=True))


def noise() -> npt.NDArray[np.int16]:
    """Return 1024 values, the same each time."""
    chance = np.random.default_rng(1)
    return np.rint(chance.normal(0, 6000, dsp_programs.LONGEST)).astype(np.int16)


def error_db(spectrum: npt.NDArray[np.generic], values: npt.NDArray[np.int16]) -> float:
    """Return how far a packed spectrum is from the exact one, in dB below the signal."""
    size = len(spectrum)
    scale = 32768 if spectrum.dtype == np.float32 else size
    exact = np.fft.rfft(values[:size].astype(np.float64)) / scale
    packed = np.stack((exact.real[:-1], exact.imag[:-1]), axis=1).reshape(-1)
    packed[1] = exact.real[-1]
    wrong = spectrum.astype(np.float64) - packed
    return float(10 * np.log10((wrong**2).sum() / (packed**2).sum()))


def transforms(names: Sequence[str]) -> Section:
    """Return one row for each core, type and length. Raises CounterError."""
    rows: list[Sequence[str | float]] = []
    promises = []
    for board in names:
        ran = dsp_programs.transforms(board, noise())
        for is_q15, size in product((False, True), SIZES):
            row = _row(CORES[board], ran, size, is_q15=is_q15)
            rows.append(row)
            name = f"rfft {row[1]} {size} on {row[0]} to CMSIS-DSP's"
            promises.append(Figure(name, float(row[5]), "", limit=1))
    columns = ("core", "type", "length", "dsp", "CMSIS-DSP", "of it", "loads", "its loads")
    return Section("Real transforms, in instructions", (*columns, "dB", "its dB"), rows, promises)


def _row(core: str, ran: Ran, size: int, *, is_q15: bool) -> Sequence[str | float]:
    regions = [dsp_programs.region(is_cmsis, is_q15, size) for is_cmsis in (False, True)]
    own, theirs = (ran.counted.of(region)[0] for region in regions)
    loads = [each.loads if each.loads is not None else "-" for each in (own, theirs)]
    errors = [round(error_db(ran.spectra[region], noise()), 1) for region in regions]
    return (
        *(core, "q15" if is_q15 else "f32", size, own.instructions, theirs.instructions),
        *(own.instructions / theirs.instructions, *loads, *errors),
    )


def sound() -> npt.NDArray[np.int16]:
    """Return one second of a word at 16 kHz."""
    with wave.open(str(SAMPLE)) as file:
        samples = np.frombuffer(file.readframes(dsp_programs.SECOND), np.int16)
    return np.pad(samples, (0, dsp_programs.SECOND - len(samples)))


def front_end(names: Sequence[str]) -> Section:
    """Return one row for each core and type. Raises CounterError."""
    rows: list[Sequence[str | float]] = []
    for board in names:
        for name, heard in zip(
            ("f32", "q15"), dsp_programs.front_end(board, sound()), strict=True
        ):
            counts = [each.instructions for each in (heard.second, heard.noise, heard.step)]
            rows.append((CORES[board], name, *counts, counts[2] / counts[0]))
    columns = ("core", "type", "fft, 1 s", "noise-filtering", "fft, a step of 20 ms", "of 1 s")
    return Section("Audio front end, in instructions", columns, rows)


def sections(names: Sequence[str]) -> Iterator[Section]:
    """Yield each table as soon as it is measured."""
    yield transforms(names)
    yield front_end(names)


def main() -> int:
    """Measure and print everything; 1 when a promise is broken, 2 when it cannot be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.dsp", description=__doc__)
    parser.add_argument("--json", type=Path, default=Path("build/bench-dsp.json"))
    parser.add_argument("--board", action="append", choices=board_firmware.BOARDS)
    options = parser.parse_args()
    return report(sections(options.board or board_firmware.BOARDS), options.json)


if __name__ == "__main__":
    sys.exit(main())
