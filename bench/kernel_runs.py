"""Runs models with the kernels of `nn` alone, on an emulated core or here: `run(core, jobs)`.

A core is one of CORES: a board's processor, emulated by QEMU, or this machine, with or without
sanitisers; "scalar-asan" is this machine with the kernels of processors that are neither x86 nor
multiply pairs, "x86-portable" with the general kernels alone. The program (bench/kernel_program)
is built when it is old. Outputs are bytes, so that they can be compared with those of any other
implementation.
"""

import fcntl
import os
import struct
import subprocess
import tempfile
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import counter
from bench.counter import Counted, CounterError, Counts
from runicd.model.read_tflite import read_tflite
from runicd.model.strips import run_order
from runicos.contract.checked_manifest import TFLM_DOUBLE, TFLM_SINGLE

ROOT = Path(__file__).parents[1]
MAKEFILE = Path(__file__).parent / "kernel_program" / "program.mk"
# Each core with the board whose firmware has the same flags; none for this machine.
BOARDS = {"m3": "mps2_an385", "m4": "mps2_an386", "m7": "mps2_an500", "m55": "mps3_an547"}
HERE: dict[str, tuple[str, ...]] = {
    "x86": (),
    "x86-asan": ("SANITIZE=1",),
    "x86-portable": ("PORTABLE=1",),
    "scalar-asan": ("SANITIZE=1", "SCALAR=1"),
}
CORES = (*BOARDS, *HERE)
_WHOLE, _OP = 0, 1  # regions
_TIMEOUT_S = 300

Job = tuple[bytes, bytes]


class KernelError(CounterError):
    """The program did not build or run, or it refused a model; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one call of a model executed: the whole of it, and each op."""

    whole: Counts
    ops: tuple[Counts, ...]


def run(
    core: str,
    jobs: Sequence[Job],
    timeout_s: float = _TIMEOUT_S,
    *,
    pack: bool = False,
    rounding: str = TFLM_DOUBLE,
) -> list[bytes]:
    """Return the outputs of each job, which is a model and the inputs of one call or more.

    All inputs of a call follow one another, and so do the calls; so do the outputs. With `pack`,
    weights are packed first, on the cores whose kernels gain by it; the program is built with
    `rounding`. Raises KernelError, with the job's number, for a model that is refused.
    """
    return _run(core, build(core, rounding), jobs, (f"pack={int(pack)}",), timeout_s)


def sizes(core: str, models: Sequence[bytes]) -> list[tuple[int, int, int]]:
    """Return what each model takes on a core: bytes of its tables, its arena, its packed weights.

    Raises KernelError, with the model's number, for one that is refused.
    """
    jobs = [(model, b"") for model in models]
    told = _run(core, build(core), jobs, ("sizes=1",), _TIMEOUT_S)
    return [struct.unpack("<3I", sizes) for sizes in told]


def _run(
    core: str, program: Path, jobs: Sequence[Job], options: Sequence[str], timeout_s: float
) -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        arguments = [*_arguments(Path(folder), jobs), *options]
        if core in HERE:
            _execute([str(program), *arguments], timeout_s)
        else:
            _execute(_emulator(core, program, arguments), timeout_s)
        return _outputs(Path(folder) / "out", len(jobs))


def measure(core: str, model: bytes, inputs: bytes, *, pack: bool = False) -> Measured:
    """Count what one call executes on an emulated core. Raises KernelError or CounterError."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = [*_arguments(Path(folder), [(model, inputs)]), "ops=1", f"pack={int(pack)}"]
        counted = counter.count(machine_of(core), build(core), semihosting=["nn", *arguments])
        _outputs(Path(folder) / "out", 1)
    return _measured(counted, model)


def build(core: str, rounding: str = TFLM_DOUBLE) -> Path:
    """Return the program for a core, built anew from sources that changed. Raises KernelError."""
    single = rounding == TFLM_SINGLE
    folder = ROOT / "build" / "kernel-program" / (f"{core}-single" if single else core)
    options = [f"BOARD={BOARDS[core]}"] if core in BOARDS else []
    options += (*HERE.get(core, ()), *(["SINGLE=1"] if single else []))
    command = ["make", "--no-print-directory", "-j2", "-f", MAKEFILE, f"BUILD={folder}", *options]
    # A make that runs us must not tell this one how to run.
    environment = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests that run side by side build the same
        ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if ran.returncode != 0:
        raise KernelError(f"the program for {core} does not build:\n{ran.stdout}{ran.stderr}")
    return folder / "run_models"


def _arguments(folder: Path, jobs: Sequence[Job]) -> list[str]:
    with (folder / "jobs").open("wb") as file:
        file.write(struct.pack("<I", len(jobs)))
        for model, inputs in jobs:
            file.write(struct.pack("<II", len(model), len(inputs)) + model + inputs)
    return [f"jobs={folder / 'jobs'}", f"out={folder / 'out'}"]


def _outputs(path: Path, count: int) -> list[bytes]:
    content = path.read_bytes()
    outputs = []
    at = 0
    for number in range(count):
        status, length = struct.unpack_from("<II", content, at)
        outputs.append(content[at + 8 : at + 8 + length])
        at += 8 + length
        if status != 0:
            raise KernelError(f"job {number}: {outputs[-1].decode()}")
    if at != len(content):
        raise KernelError(f"{len(content) - at} bytes more than {count} outputs")
    return outputs


def machine_of(core: str) -> str:
    """Return QEMU's name for the board of a core."""
    stated = tomllib.loads((ROOT / "boards" / BOARDS[core] / "board.toml").read_text())
    return str(stated["emulator"]["machine"])


def _emulator(core: str, program: Path, arguments: Sequence[str]) -> list[str]:
    counter.qemu_version()  # says so where there is none
    given = "".join(f",arg={argument.replace(',', ',,')}" for argument in ("nn", *arguments))
    return [
        *(counter.QEMU, "-M", machine_of(core), "-display", "none", "-monitor", "none"),
        *("-serial", "none", "-semihosting-config", f"enable=on,target=native{given}"),
        *("-kernel", str(program)),
    ]


def _execute(command: Sequence[str], timeout_s: float) -> None:
    try:
        ran = subprocess.run(
            command,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise KernelError(f"{command[0]}: did not end within {timeout_s:g} s") from None
    if ran.returncode != 0:
        said = ran.stderr.decode(errors="replace")
        raise KernelError(f"{command[0]}: ended with status {ran.returncode}\n{said}")


def _measured(counted: Counted, data: bytes) -> Measured:
    """Sum up what each op executed: one that runs in strips began several times."""
    model = read_tflite(data)
    runs: list[list[Counts]] = [[] for _ in model.ops]
    for number, counts in zip(run_order(model), counted.of(_OP), strict=True):
        runs[number].append(counts)
    return Measured(counted.of(_WHOLE)[0], tuple(map(_sum, runs)))


def _sum(counts: Sequence[Counts]) -> Counts:
    if len(counts) == 1:
        return counts[0]
    instructions = sum(one.instructions for one in counts)
    loads = [one.loads for one in counts if one.loads is not None]
    stores = [one.stores for one in counts if one.stores is not None]
    is_known = len(loads) == len(counts)
    return Counts(
        instructions, sum(loads) if is_known else None, sum(stores) if is_known else None
    )
