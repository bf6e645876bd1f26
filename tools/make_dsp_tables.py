"""Write the tables of dsp's transforms and of its logarithm, or check that the files have them.

One table of twiddle factors for each number type serves every length: a row is eight entries of
the longest one, of which a firmware with a shorter longest length keeps every second. Cosines and
logarithms come from integers, in runicd.blocks.exact_maths.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "host"))

from runicd.blocks.exact_maths import cosine_of_turn, log2_fixed  # noqa: E402

FOLDER = ROOT / "native_modules" / "dsp"
LONGEST = 4096
LOGARITHM_PIECES = 32
LOGARITHM_BITS = 26
_ROW = 8


def cosines() -> list[int]:
    """Return cos(2*pi*k/LONGEST) in Q30 for half a turn."""
    return [cosine_of_turn(k, LONGEST) for k in range(LONGEST // 2)]


def pairs() -> list[int]:
    """Return -cos in the lower and -sin in the upper half of a word, in Q15, for 3/4 of a turn."""
    return [
        q15(-cosine_of_turn(k, LONGEST)) & 0xFFFF
        | (q15(-cosine_of_turn(k + 3 * LONGEST // 4, LONGEST)) & 0xFFFF) << 16
        for k in range(3 * LONGEST // 4)
    ]


def q15(value_q30: int) -> int:
    """Return a Q30 number in Q15: rounded, halves up, at most 32767."""
    return min((value_q30 + (1 << 14)) >> 15, 32767)


def logarithm() -> list[tuple[int, int, int]]:
    """Return log2 from 1 to 2 in Q26, in pieces: start, slope, and how far the middle bends up.

    Each is the parabola through a piece's start, middle and end.
    """
    halves = 2 * LOGARITHM_PIECES
    places = [(1 << 31) + (at << 31) // halves for at in range(halves)]
    exact = [int(value) - (31 << 31) for value in log2_fixed(places, 31)] + [1 << 31]
    points = [(value + (1 << 4)) >> (31 - LOGARITHM_BITS) for value in exact]
    pieces = []
    for first, middle, last in zip(points[:-2:2], points[1::2], points[2::2], strict=True):
        bend = 2 * (2 * middle - first - last)
        pieces.append((first, last - first + bend, bend))
    return pieces


def texts() -> Iterator[tuple[Path, str]]:
    """Yield each file with its text."""
    rows = _rows([f"{value}" for value in cosines()])
    told = f"cos(2*pi*k/{LONGEST}) in Q30 for half a turn"
    yield FOLDER / "dsp_cosines.h", f"// {told}: made by tools/make_dsp_tables.py.\n{rows}"
    rows = _rows([f"0x{value:08x}" for value in pairs()])
    told = f"(-cos, -sin)(2*pi*k/{LONGEST}) in Q15 for 3/4 of a turn"
    yield FOLDER / "dsp_twiddles_q15.h", f"// {told}: made by tools/make_dsp_tables.py.\n{rows}"
    pieces = "".join(f"{{ {start}, {slope}, {bend} }},\n" for start, slope, bend in logarithm())
    told = f"log2 of 1 to 2 in Q{LOGARITHM_BITS}, {LOGARITHM_PIECES} parabolas"
    yield FOLDER / "dsp_logarithm.h", f"// {told}: made by tools/make_dsp_tables.py.\n{pieces}"


def _rows(entries: Sequence[str]) -> str:
    starts = range(0, len(entries), _ROW)
    return "".join(f"ROW({','.join(entries[at : at + _ROW])})\n" for at in starts)


def main() -> int:
    """Write the files; with --check only say which differ, and return 1 if any does."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    differing = [(path, text) for path, text in texts() if not _holds(path, text)]
    for path, text in differing:
        if options.check:
            print(f"{path}: is not what tools/make_dsp_tables.py writes", file=sys.stderr)
        else:
            path.write_text(text)
    return 1 if options.check and differing else 0


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text() == text


if __name__ == "__main__":
    sys.exit(main())
