"""The commands that need no board: build, version."""

from __future__ import annotations

import platform
from argparse import Namespace
from pathlib import Path

from runicd import __version__
from runicd.cli_show import Show
from runicd.files import write_bytes


def build(arguments: Namespace, show: Show) -> int:
    """Build a Rune and write it; nothing is written when anything is wrong."""
    from runicd.runefile.build import build as build_rune

    rune = build_rune(
        arguments.runefile,
        name=arguments.name,
        period_ms=arguments.period,
        release=arguments.release,
        folder=arguments.current_dir,
    )
    for warning in rune.warnings:
        show.warn(str(warning))
    path = Path(arguments.output or f"{rune.name}.rune")
    write_bytes(path, rune.data)
    if show.json:
        show.value({"rune": rune.name, "file": str(path), "bytes": len(rune.data)})
    else:
        show.note(f"{path}: {rune.name}, {len(rune.data):,} bytes")
    return 0


def version(arguments: Namespace, show: Show) -> int:
    """Print versions."""
    found = {"runicd": __version__, "python": platform.python_version()}
    if show.json or arguments.format == "json":
        show.value(found)
    else:
        show.line(f"runicd {found['runicd']} (Python {found['python']})")
    return 0
