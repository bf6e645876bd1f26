"""Counts what a program executes on a board that QEMU emulates: instructions, loads, stores.

The counts come from a plugin of our own; count_regions.c says how a program marks regions. QEMU's
clock advances by executed instructions, so that the same input gives the same counts.

Errors: CounterError, with what to do, when a tool is missing, a program does not end, or its
regions do not fit each other.
"""

import functools
import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PLUGIN_SOURCE = Path(__file__).with_name("count_regions.c")
PLUGIN_FLAGS = ("-shared", "-fPIC", "-O2", "-std=c11", "-Wall", "-Wextra", "-Werror")
QEMU = "qemu-system-arm"
# The release whose counts tests have found exact.
KNOWN_QEMU = (7, 2)
CLOCK = "shift=0,align=off,sleep=off"


class CounterError(Exception):
    """A program could not be counted."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What was executed; loads and stores are None where QEMU's release is not the known one."""

    instructions: int
    loads: int | None
    stores: int | None


@dataclass(frozen=True, slots=True)
class Counted:
    """One run: each region's counts in the order in which they ended, and all of the run.

    `profiles` has, by region, how often each address was executed in it; `console` is what the
    program said by semihosting; `warnings` say why counts may not be exact.
    """

    regions: tuple[tuple[int, Counts], ...]
    total: Counts
    profiles: dict[int, dict[int, int]]
    console: str
    warnings: tuple[str, ...]

    def of(self, region: int) -> tuple[Counts, ...]:
        """Return the counts of each time that a region was passed."""
        return tuple(counts for number, counts in self.regions if number == region)


@functools.cache
def qemu_version() -> tuple[int, int]:
    """Return QEMU's major and minor version. Raises CounterError where there is no QEMU."""
    if shutil.which(QEMU) is None:
        raise CounterError(f"{QEMU} is not installed; `make setup` installs it")
    said = subprocess.run([QEMU, "--version"], check=True, capture_output=True, text=True).stdout
    found = re.search(r"version (\d+)\.(\d+)", said)
    if found is None:
        raise CounterError(f"{QEMU} --version says {said!r}: no version in it")
    return int(found[1]), int(found[2])


def version_warnings(version: tuple[int, int]) -> tuple[str, ...]:
    """Say what is not known of a release of QEMU; nothing of the known one."""
    if version == KNOWN_QEMU:
        return ()
    known, found = (".".join(map(str, each)) for each in (KNOWN_QEMU, version))
    what = "instructions may be counted otherwise, loads and stores are left out"
    return (
        f"QEMU {found} is not the release whose counts are known to be exact ({known}): {what}",
    )


def plugin() -> Path:
    """Return the plugin, built from its source if it is not there. Raises CounterError."""
    digest = hashlib.sha256(PLUGIN_SOURCE.read_bytes() + repr(PLUGIN_FLAGS).encode()).hexdigest()
    built = ROOT / "build" / f"count_regions-{digest[:12]}.so"
    if built.is_file():
        return built
    if shutil.which("gcc") is None:
        raise CounterError("gcc is not installed; `make setup` installs it")
    built.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=built.parent) as folder:
        made = Path(folder) / built.name
        subprocess.run(["gcc", *PLUGIN_FLAGS, "-o", made, PLUGIN_SOURCE], check=True)
        made.replace(built)
    return built


def count(
    machine: str,
    elf: Path,
    *,
    semihosting: Sequence[str] = (),
    profile: Sequence[int] = (),
    powered: int | None = None,
    skip: Sequence[str] = (),
    timeout_s: float = 300,
) -> Counted:
    """Run a program until it ends itself and return what it counted. Raises CounterError.

    `semihosting` are the arguments that the program is given. Of regions' numbers, `profile` has
    those, at most eight, whose addresses are counted; `powered` is one that is open from the
    start. Code of the functions named by `skip` is not counted.
    """
    version = qemu_version()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "counts.jsonl"
        options = [f"out={out}"]
        options += [f"profile={region}" for region in profile]
        options += [] if powered is None else [f"powered={powered}"]
        options += [f"skip={_extent(elf, name)}" for name in skip]
        command = _command(machine, elf, semihosting, options)
        try:
            ran = subprocess.run(
                command,
                capture_output=True,
                stdin=subprocess.DEVNULL,
                timeout=timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            said = (error.stderr or b"").decode(errors="replace")
            raise CounterError(f"{elf}: did not end within {timeout_s:g} s\n{said}") from None
        console = ran.stderr.decode(errors="replace")
        if ran.returncode != 0 or not out.is_file():
            raise CounterError(f"{elf}: ended with status {ran.returncode}\n{console}")
        return read(out.read_text(), version, console)


def _command(
    machine: str, elf: Path, semihosting: Sequence[str], options: Sequence[str]
) -> list[str]:
    arguments = "".join(f",arg={argument.replace(',', ',,')}" for argument in semihosting)
    return [
        *(QEMU, "-M", machine, "-display", "none", "-monitor", "none", "-icount", CLOCK),
        *("-chardev", "stdio,id=line,signal=off", "-serial", "chardev:line"),
        *("-semihosting-config", f"enable=on,target=native{arguments}"),
        *("-plugin", f"{plugin()},{','.join(options)}", "-kernel", str(elf)),
    ]


def _extent(elf: Path, function: str) -> str:
    """Return where a function's code lies, as the plugin takes it."""
    listed = subprocess.run(
        ["arm-none-eabi-nm", "--print-size", elf], check=True, capture_output=True, text=True
    ).stdout
    found = re.search(
        rf"^([0-9a-f]+) ([0-9a-f]+) [tT] {re.escape(function)}$", listed, re.MULTILINE
    )
    if found is None:
        raise CounterError(f"{elf}: no function {function} in it")
    # The lowest bit of an address only says that it is Thumb code.
    first = int(found[1], 16) & ~1
    return f"{first:#x}:{first + int(found[2], 16):#x}"


def read(lines: str, version: tuple[int, int], console: str) -> Counted:
    """Return what the plugin wrote. Raises CounterError if regions did not fit each other."""
    warnings = list(version_warnings(version))
    regions = []
    total = None
    profiles: dict[int, dict[int, int]] = {}
    for line in lines.splitlines():
        entry = json.loads(line)
        if "error" in entry:
            raise CounterError(entry["error"])
        if "warning" in entry:
            warnings.append(entry["warning"])
        elif "profile" in entry:
            profiles.setdefault(entry["profile"], {})[entry["address"]] = entry["instructions"]
        elif "region" in entry:
            regions.append((entry["region"], _counts(entry, version)))
        else:
            total = _counts(entry, version)
    if total is None:
        raise CounterError("QEMU was ended before the counts were written")
    return Counted(tuple(regions), total, profiles, console, tuple(warnings))


def _counts(entry: dict[str, int], version: tuple[int, int]) -> Counts:
    if version != KNOWN_QEMU:
        return Counts(entry["instructions"], None, None)
    return Counts(entry["instructions"], entry["loads"], entry["stores"])
