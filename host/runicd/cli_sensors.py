"""The commands on a board's sensors: feed."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict

from runicd import feed as feeding
from runicd import targets
from runicd.cli_show import Show
from runicd.cli_sim import sources
from runicd.errors import UsageError


def feed(arguments: Namespace, show: Show) -> int:
    """Let a simulated board's sensors read files, or what they read when it was started."""
    given = sources(arguments)
    if not given.any_files and not arguments.clear:
        options = "--sound, --image, --accelerometer or --raw"
        raise UsageError("there is nothing to feed", remedy=f"give {options}, or --clear")
    bar = show.bar("Feeding")
    with targets.connect(arguments.target) as client:
        if arguments.clear:
            feeding.clear(client)
        try:
            fed = feeding.feed_sources(client, given, arguments.once, bar.update)
        finally:
            bar.close()
    if show.json:
        show.value([asdict(entry) for entry in fed])
        return 0
    for entry in fed:
        files = "1 file" if entry.files == 1 else f"{entry.files} files"
        show.note(f"{entry.kind}: {files}, {entry.bytes:,} bytes")
    if not fed:
        show.note("What was fed is removed.")
    return 0
