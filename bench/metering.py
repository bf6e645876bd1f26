"""What counting fuel costs: the same functions by wasm3 with our patch for it, and without.

A function is run by a small program of its own (bench/wasm_program), on emulated cores, where
instructions are counted, and on this machine, where processor time is measured in turns. Without:
the patched sources with that one patch taken back, loops as wasm3 0.5.0 has them included.

Usage: python -m bench.metering; status 1 when it costs more than promised.
"""

import resource
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import wasmtime

from bench import counter
from bench.counter import CounterError
from bench.kernel_runs import BOARDS, machine_of

ROOT = Path(__file__).parents[1]
MAKEFILE = Path(__file__).parent / "wasm_program" / "program.mk"
PATCH = ROOT / "native_modules" / "wasm3" / "patches" / "03-fuel.patch"
CORES = ("m3", "m7", "x86")
# What it may add, in percent of instructions, to blocks that are nothing but a loop.
PROMISED_PERCENT = 5.0
# Times that a function is called on this machine, in turns with the other program.
_ROUNDS = 20_000
_TURNS = 7
_COUNT = 1000

_LOOP = """(func (export "f") (param i32) (result i32) (local $i i32) (local $sum i32)
  loop
    {body}
    local.get $i  i32.const 1  i32.add  local.tee $i
    local.get 0  i32.lt_u  br_if 0
  end
  local.get $sum)"""
_WORK = {
    # The shortest loop that ends.
    "counting": "",
    # A custom block that goes over a tensor: one multiply and add an element.
    "sum of products": """
    local.get $sum
    local.get $i  i32.const 2  i32.shl  i32.load offset=0
    local.get $i  i32.const 2  i32.shl  i32.load offset=4096
    i32.mul  i32.add  local.set $sum""",
    # One that scales, limits and stores each element, as quantising does.
    "quantising": """
    local.get $i
    local.get $i  i32.const 2  i32.shl  f32.load offset=0
    f32.const 0.5  f32.div  f32.nearest  f32.const 3  f32.add
    f32.const -128  f32.max  f32.const 127  f32.min
    i32.trunc_f32_s  i32.store8 offset=8192""",
    # A function that is called for each element.
    "calls": "local.get $i  call $twice  local.set $sum",
}
_MODULE = (
    "(module (memory 1) (func $twice (param i32) (result i32) local.get 0 i32.const 1 i32.shl) {})"
)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one function costs on one core, with and without; instructions, or nanoseconds."""

    work: str
    core: str
    metered: float
    plain: float

    @property
    def percent(self) -> float:
        """What metering adds."""
        return (self.metered / self.plain - 1) * 100


def sources() -> Path:
    """Return the patched sources of wasm3. Raises CounterError where there are none."""
    stated = (ROOT / "tools" / "sources.mk").read_text()
    name = stated.split("RUNIC_WASM3_DIR := $(CACHE)/src/")[1].split()[0]
    folder = ROOT / ".cache" / "src" / name / "wasm3"
    if not folder.is_dir():
        raise CounterError(f"{folder}: not there; run `make sources`")
    return folder


def build(core: str, *, metered: bool) -> Path:
    """Return the program for a core, built anew. Raises CalledProcessError."""
    folder = ROOT / "build" / "wasm-program" / f"{core}-{'metered' if metered else 'plain'}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    wasm3 = sources()
    if not metered:
        shutil.copytree(wasm3, folder / "sources" / "wasm3")
        wasm3 = folder / "sources" / "wasm3"
        command = ["patch", "--reverse", "--strip=1", "--batch", f"--input={PATCH}"]
        subprocess.run(command, cwd=wasm3.parent, check=True, capture_output=True)
    options = [f"BUILD={folder}", f"WASM3={wasm3}", *(["METERED=1"] if metered else [])]
    options += [f"BOARD={BOARDS[core]}"] if core in BOARDS else []
    subprocess.run(["make", "--no-print-directory", "-f", MAKEFILE, *options], check=True)
    return folder / "run_wasm"


def module(work: str) -> bytes:
    """Return the module whose function `f` does that work so many times."""
    text = _MODULE.format(_LOOP.format(body=_WORK[work]))
    return bytes(wasmtime.wat2wasm(text))


def run(core: str, program: Path, wasm: bytes, rounds: int) -> float:
    """Return what a call costs: instructions, or nanoseconds of this machine."""
    with tempfile.TemporaryDirectory() as folder:
        jobs, out = Path(folder) / "jobs", Path(folder) / "out"
        jobs.write_bytes(struct.pack("<III", _COUNT, rounds, len(wasm)) + wasm)
        arguments = [f"jobs={jobs}", f"out={out}"]
        if core in BOARDS:
            counted = counter.count(machine_of(core), program, semihosting=["wasm", *arguments])
            return counted.of(0)[0].instructions
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        subprocess.run([str(program), *arguments], check=True)
        used_s = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
        return used_s / rounds * 1e9


def measure(core: str, works: Sequence[str] = tuple(_WORK)) -> list[Cost]:
    """Return what each function costs on a core. Raises CounterError."""
    metered, plain = build(core, metered=True), build(core, metered=False)
    costs = []
    for work in works:
        wasm = module(work)
        turns, rounds = (1, 1) if core in BOARDS else (_TURNS, _ROUNDS)
        pairs = [
            [run(core, each, wasm, rounds) for each in (metered, plain)] for _ in range(turns)
        ]
        costs.append(Cost(work, core, min(one for one, _ in pairs), min(two for _, two in pairs)))
    return costs


def main() -> int:
    """Print a table; return 1 when a promise is broken."""
    broken = False
    for cost in (cost for core in CORES for cost in measure(core)):
        unit = "instructions" if cost.core in BOARDS else "ns"
        amounts = f"{cost.metered:10,.0f} of {cost.plain:10,.0f} {unit}"
        is_kept = cost.core not in BOARDS or cost.percent <= PROMISED_PERCENT
        print(f"{cost.core:4} {cost.work:16} {amounts} {cost.percent:+6.2f} %", end="")
        print("" if is_kept else "  more than promised")
        broken |= not is_kept
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
