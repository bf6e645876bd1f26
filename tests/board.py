"""Running scripts in the real firmware: what tests of native modules and of RunicOS stand on."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
DEFAULT_FIRMWARE = ROOT / "build" / "unix" / "micropython"
SANITIZED_FIRMWARE = ROOT / "build" / "unix-asan" / "micropython"


@dataclass(frozen=True, slots=True)
class Finished:
    """How a script ended: its exit status and what it wrote."""

    status: int
    output: str
    errors: str


def firmware_path() -> Path:
    """Return the simulated board's firmware. Raises FileNotFoundError saying how to build it."""
    path = Path(os.environ.get("RUNICD_FIRMWARE", DEFAULT_FIRMWARE))
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no firmware; run `make firmware BOARD=unix`")
    return path


def run_script(
    script: str,
    *arguments: str | Path,
    heap: str = "256k",
    timeout_s: float = 60,
    firmware: Path | None = None,
    source_paths: tuple[Path, ...] = (),
) -> Finished:
    """Run a MicroPython script and return how it ended, whatever that is.

    `source_paths` go before the frozen modules, so that sources under test replace them.
    """
    command = [str(firmware or firmware_path()), "-X", f"heapsize={heap}", "-c", script]
    environment = dict(os.environ)
    if source_paths:
        environment["MICROPYPATH"] = ":".join([*map(str, source_paths), ".frozen"])
    finished = subprocess.run(
        [*command, *map(str, arguments)],
        capture_output=True,
        timeout=timeout_s,
        env=environment,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return Finished(
        finished.returncode,
        finished.stdout.decode(errors="replace"),
        finished.stderr.decode(errors="replace"),
    )


def run_ok(script: str, *arguments: str | Path, **options: object) -> str:
    """Run a MicroPython script that must end well; return what it printed."""
    finished = run_script(script, *arguments, **options)  # type: ignore[arg-type]
    assert finished.status == 0, f"status {finished.status}\n{finished.output}\n{finished.errors}"
    return finished.output
