"""Runs a real board's hal.py in the firmware against a recording of its peripherals."""

from pathlib import Path

from tests.board import ROOT, Finished, run_script

HERE = Path(__file__).parent
BOARDS = ("portenta_h7", "pico2", "esp32s3")
# What differs between the boards' recordings: their wiring.
WIRING = {
    "portenta_h7": {"bus": "3", "pins": "", "adc": "A4 init", "analog": "A4"}
    | dict(zip("abcd", ("D0", "D1", "D2", "D3"), strict=True)),
    "pico2": {"bus": "0", "pins": "scl=5 sda=4 ", "adc": "26 init", "analog": "26"}
    | dict(zip("abcd", ("18", "19", "20", "21"), strict=True)),
    "esp32s3": {
        "bus": "0",
        "pins": "scl=9 sda=8 ",
        "adc": "1 init\nadc 1 atten 11dB",
        "analog": "1",
    }
    | dict(zip("abcd", ("10", "11", "12", "13"), strict=True)),
}
I2S_PINS = {"pico2": "sck=10 ws=11 sd=9", "esp32s3": "sck=5 ws=6 sd=7"}
_START = """
import sys
import replay
replay.load(sys.argv[1])
import hal
board = hal.Board()
def show(data):
    print("".join(["%02x" % byte for byte in data]))
def attempt(call, *given):
    try:
        return call(*given)
    except (OSError, ValueError) as error:
        print("%s: %s" % (type(error).__name__, error))
"""


def recording(name: str, **filled: str) -> str:
    """Return a recording with the board's wiring filled in."""
    return (HERE / "recordings" / f"{name}.txt").read_text("utf-8").format(**filled)


def play(board: str, text: str, script: str, tmp_path: Path, *, whole: bool = True) -> Finished:
    """Run a script that has `board`; unless not `whole`, all of the recording must be used."""
    path = tmp_path / "recording.txt"
    path.write_text(text)
    sources = (HERE / "fakes", ROOT / "boards", ROOT / "boards" / board, ROOT / "device")
    end = "\nreplay.end()\n" if whole else "\n"
    # RunicOS is compiled from its source here, into this heap.
    return run_script(_START + script + end, path, source_paths=sources, heap="2m")


def printed(finished: Finished) -> list[str]:
    """Return the lines that a script printed, which must have ended well."""
    assert finished.status == 0, finished.output + finished.errors
    return finished.output.splitlines()
