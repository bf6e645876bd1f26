"""The commands that need no board: build, version."""

from __future__ import annotations

import platform
from argparse import Namespace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from runicd import __version__
from runicd.cli_ram import ram_facts, ram_lines
from runicd.cli_show import Show
from runicd.errors import SimulatorError
from runicd.files import write_bytes
from runicd.sim import firmware
from runicos.contract import wire
from runicos.contract.checked_manifest import ABI

if TYPE_CHECKING:
    from runicd.runefile.fit import FittedStage
    from runicd.runefile.typed import TypedPipeline

_PACKAGES = ("cbor2", "pyserial", "PyYAML", "rich", "wasmtime")


def build(arguments: Namespace, show: Show) -> int:
    """Build a Rune and write it; nothing is written when anything is wrong."""
    from runicd.cli_keys import signing_key
    from runicd.keys.sign import signed
    from runicd.runefile.build import check_runefile, finish

    pipeline = check_runefile(
        arguments.runefile,
        name=arguments.name,
        period_ms=arguments.period,
        release=arguments.release,
        security_counter=arguments.security_counter,
        rounding=arguments.rounding,
        call_limit_ms=arguments.call_limit_ms,
        folder=arguments.current_dir,
    )
    fitted: tuple[FittedStage, ...] = ()
    if arguments.ram is not None:
        pipeline, fitted = _fit(pipeline, arguments.ram, show)
    rune = finish(pipeline, arguments.runefile)
    if not arguments.unsigned:
        rune = signed(rune, signing_key(arguments.key, show))
    for warning in rune.warnings:
        show.warn(str(warning))
    path = Path(arguments.output or f"{rune.name}.rune")
    write_bytes(path, rune.data)
    if show.json:
        models = {"models": [ram_facts(one.fitted) | {"name": one.name} for one in fitted]}
        found = {"rune": rune.name, "file": str(path), "bytes": len(rune.data)}
        show.value(found | (models if arguments.ram is not None else {}))
        return 0
    for one in fitted:
        for line in ram_lines(one.fitted):
            show.note(f"{one.name}: {line}")
    show.note(f"{path}: {rune.name}, {len(rune.data):,} bytes")
    return 0


def _fit(
    pipeline: TypedPipeline, ram_bytes: int, show: Show
) -> tuple[TypedPipeline, tuple[FittedStage, ...]]:
    from runicd.runefile.fit import fit_models

    bar = show.bar("Looking for strips", of_bytes=False)
    try:
        return fit_models(pipeline, ram_bytes, bar.update)
    finally:
        bar.close()


def version(arguments: Namespace, show: Show) -> int:
    """Print the versions of runicd and of what it is made of."""
    packages = {name: _installed(name) for name in _PACKAGES}
    found = {
        "runicd": __version__,
        "rune_abi": ABI,
        "link_protocol": wire.PROTOCOL,
        "firmware": _firmware(),
        "python": platform.python_version(),
    } | packages
    if show.json or arguments.format == "json":
        show.value(found)
        return 0
    show.line(f"runicd {found['runicd']} (Python {found['python']})")
    show.line(f"  Rune ABI {ABI}, link protocol {wire.PROTOCOL}")
    show.line(f"  simulated board's firmware: {found['firmware']}")
    show.line("  " + ", ".join(f"{name} {number}" for name, number in packages.items()))
    return 0


def _installed(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _firmware() -> str:
    """Return where the firmware is, or why there is none: versions are asked for when it fails."""
    try:
        return str(firmware.find().path)
    except SimulatorError as error:
        return str(error)
