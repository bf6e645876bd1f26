"""Runs the kernels of `dsp`, and CMSIS-DSP's beside them, alone on emulated cores."""

import struct
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench import bare_program, counter
from bench.bare_program import Source
from bench.counter import Counted, CounterError, Counts

ROOT = bare_program.ROOT
DSP = ROOT / "native_modules/dsp"
CMSIS = ROOT / ".cache/src/cmsisdsp-1.10.3"
CORE_HEADERS = ROOT / ".cache/src/micropython-1.25.0/lib/cmsis/inc"
SIZES = (256, 512, 1024)
LONGEST = SIZES[-1]
LENGTHS = tuple(16 << at for at in range(8))
SECOND = 16000
VALUES = 49 * 40
WARNED = ("-Wall", "-Wextra", "-Werror", "-Wdouble-promotion", "-Wfloat-conversion")
# Flags as native_modules/dsp/micropython.mk has them, for what takes most time, much, and little.
TRANSFORMS = ("dsp_fft_f32", "dsp_fft_q15")
VECTORS = ("dsp_mve_f32", "dsp_mve_q15")
FAST = (
    *("dsp_exact", "dsp_mve_noise", "dsp_mve_spectrum_f32", "dsp_mve_spectrum_q15", "dsp_noise"),
    *("dsp_spectrum", "dsp_spectrum_q15"),
)
SMALL_FLAGS = ("-Os", "-ffp-contract=off", f"-I{DSP}", *WARNED)
FAST_FLAGS = ("-O2", *SMALL_FLAGS[1:])
OWN_FLAGS = ("-O3", "-fno-ivopts", *SMALL_FLAGS[1:])
VECTOR_FLAGS = (*OWN_FLAGS, "-fno-schedule-insns")
# As CMSIS-DSP's own build has them.
CMSIS_FLAGS = (
    *("-Ofast", "-DARM_MATH_LOOPUNROLL", "-w", f"-I{CORE_HEADERS}"),
    *(f"-I{CMSIS / 'Include'}", f"-I{CMSIS / 'PrivateInclude'}"),
)
_TABLES = ("arm_common_tables", "arm_const_structs", "arm_mve_tables")
_TRANSFORMS = (
    *("bitreversal", "bitreversal2", "cfft_f32", "cfft_init_f32", "cfft_radix8_f32"),
    *("rfft_fast_f32", "rfft_fast_init_f32", "cfft_q15", "cfft_init_q15", "cfft_radix4_q15"),
    *("rfft_q15", "rfft_init_q15"),
)
Spectra = dict[int, npt.NDArray[np.float32] | npt.NDArray[np.int16]]


@dataclass(frozen=True, slots=True)
class Ran:
    """One run: its counts, and the spectrum of each region."""

    counted: Counted
    spectra: Spectra


def region(is_cmsis: bool, is_q15: bool, size: int) -> int:  # noqa: FBT001
    """Return the number of a transform's region."""
    return 16 * is_cmsis + 8 * is_q15 + SIZES.index(size)


def cmsis() -> Source:
    """Return what is compiled of CMSIS-DSP. Raises CounterError where it has not been fetched."""
    if not CMSIS.is_dir():
        raise CounterError(f"{CMSIS}: no CMSIS-DSP; `make sources` fetches it")
    tables = (CMSIS / "Source/CommonTables" / f"{name}.c" for name in _TABLES)
    transforms = (CMSIS / "Source/TransformFunctions" / f"arm_{name}.c" for name in _TRANSFORMS)
    # What only the inverse transform calls.
    shift = CMSIS / "Source/BasicMathFunctions/arm_shift_q15.c"
    return Source((*tables, *transforms, shift), CMSIS_FLAGS)


def transforms(board: str, values: npt.NDArray[np.int16]) -> Ran:
    """Transform 1024 values, and their first 512 and 256, in every way. Raises CounterError."""
    if values.shape != (LONGEST,) or values.dtype != np.int16:
        raise ValueError(f"int16[{LONGEST}] expected, not {values.dtype}{list(values.shape)}")
    main = Source((ROOT / "bench/dsp_program/transforms.c",), (*CMSIS_FLAGS, f"-I{DSP}"))
    counted, out = _run(board, _program(board, "transforms", main, cmsis()), values)
    return Ran(counted, _spectra(out))


def every_length(
    board: str, values: npt.NDArray[np.int16]
) -> Iterator[tuple[npt.NDArray[np.float32], npt.NDArray[np.int16]]]:
    """Transform the first 16, 32 … 2048 of 2048 values; yield spectra. Raises CounterError."""
    if values.shape != (LENGTHS[-1],) or values.dtype != np.int16:
        raise ValueError(f"int16[{LENGTHS[-1]}] expected, not {values.dtype}{list(values.shape)}")
    main = Source((ROOT / "bench/dsp_program/lengths.c",), SMALL_FLAGS)
    _, out = _run(board, _program(board, "lengths", main), values)
    at = 0
    for length in LENGTHS:
        floats = np.frombuffer(out, np.float32, length, at)
        yield floats, np.frombuffer(out, np.int16, length, at + floats.nbytes)
        at += 6 * length


@dataclass(frozen=True, slots=True)
class Heard:
    """What fft made of a second, noise-filtering of that, and fft of its last 20 ms."""

    second: Counts
    noise: Counts
    step: Counts
    bands: npt.NDArray[np.uint32]
    filtered: npt.NDArray[np.int8]
    listened: npt.NDArray[np.uint32]


def front_end(board: str, sound: npt.NDArray[np.int16]) -> tuple[Heard, Heard]:
    """Run the front end on a second at 16 kHz, in floats and in integers. Raises CounterError."""
    if sound.shape != (SECOND,) or sound.dtype != np.int16:
        raise ValueError(f"int16[{SECOND}] expected, not {sound.dtype}{list(sound.shape)}")
    counted, out = _run(board, _blocks_program(board, "front_end"), sound)
    half = len(out) // 2
    return _heard(counted, 0, out[:half]), _heard(counted, 8, out[half:])


@dataclass(frozen=True, slots=True)
class Case:
    """A block with arguments, and its input: int16[n] of fft, uint32[calls, n] of noise-filtering.

    `integers` are `bins` and `sample_rate`, or `gain_bits` and `smoothing_bits`; `number` is
    `window_overlap` or `strength`.
    """

    kind: str  # f32, q15 or noise
    integers: tuple[int, int]
    number: float
    given: npt.NDArray[np.int16] | npt.NDArray[np.uint32]

    def job(self) -> bytes:
        """Return it as bench/dsp_program/blocks.c reads it."""
        kind = ("f32", "q15", "noise").index(self.kind)
        count, calls = self.given.shape[-1], len(self.given) if self.given.ndim > 1 else 1
        head = struct.pack("<5If", kind, count, calls, *self.integers, self.number)
        return head + self.given.tobytes()


def blocks(board: str, cases: Sequence[Case]) -> Iterator[npt.NDArray[np.uint32 | np.int8]]:
    """Run blocks on a core; yield uint32[1960] of fft, int8[calls, n] of noise-filtering."""
    jobs = struct.pack("<I", len(cases)) + b"".join(case.job() for case in cases)
    _, out = _run(board, _blocks_program(board, "blocks"), np.frombuffer(jobs, np.uint8))
    at = 0
    for case in cases:
        if case.kind == "noise":
            yield np.frombuffer(out, np.int8, case.given.size, at).reshape(case.given.shape)
            at += case.given.size
        else:
            yield np.frombuffer(out, np.uint32, VALUES, at)
            at += 4 * VALUES


def _blocks_program(board: str, name: str) -> Path:
    """Build a program with all blocks."""
    main = Source((ROOT / "bench/dsp_program" / f"{name}.c",), SMALL_FLAGS)
    files = (*sorted(DSP.glob("block_*.c")), *sorted(DSP.glob("dsp_*.c")))
    return bare_program.build(
        board, name, (main, *(Source((file,), _flags(file.stem)) for file in files))
    )


def _flags(name: str) -> tuple[str, ...]:
    if name in VECTORS:
        return VECTOR_FLAGS
    return OWN_FLAGS if name in TRANSFORMS else FAST_FLAGS if name in FAST else SMALL_FLAGS


def _heard(counted: Counted, first: int, out: bytes) -> Heard:
    counts = [counted.of(first + at)[0] for at in range(3)]
    bands, listened = (np.frombuffer(out, np.uint32, VALUES, at) for at in (0, 5 * VALUES))
    return Heard(*counts, bands, np.frombuffer(out, np.int8, VALUES, 4 * VALUES), listened)


def _run(board: str, elf: Path, values: npt.NDArray[np.integer]) -> tuple[Counted, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder) / "jobs", Path(folder) / "out"
        values.tofile(given)
        arguments = ("dsp", f"jobs={given}", f"out={out}")
        counted = counter.count(bare_program.machine(board), elf, semihosting=arguments)
        return counted, out.read_bytes()


def _program(board: str, name: str, *sources: Source) -> Path:
    """Build a program with the transforms."""
    kernels = ("dsp_turn", *TRANSFORMS, *VECTORS)
    own = [Source((DSP / f"{kernel}.c",), _flags(kernel)) for kernel in kernels]
    return bare_program.build(board, name, (*own, *sources))


def _spectra(data: bytes) -> Spectra:
    spectra: Spectra = {}
    at = 0
    for is_cmsis, is_q15, size in product((False, True), (False, True), SIZES):
        dtype = np.dtype(np.int16 if is_q15 else np.float32)
        spectrum = np.frombuffer(data, dtype, size, at)
        spectra[region(is_cmsis, is_q15, size)] = spectrum
        at += spectrum.nbytes
    return spectra
