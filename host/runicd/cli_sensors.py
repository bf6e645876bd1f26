"""The commands on a board's sensors: feed, record."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

from runicd import feed as feeding
from runicd import record as recording
from runicd import targets
from runicd.cli_show import Show
from runicd.cli_sim import sources
from runicd.errors import UsageError
from runicd.files import write_bytes
from runicd.runefile.capabilities import KIND_NAMES, PIXEL_FORMATS

_PIXELS = {"rgb": "RGB", "bgr": "BGR", "gray": "GrayScale"}


def feed(arguments: Namespace, show: Show) -> int:
    """Let a simulated board's sensors read files, or what they read when it was started."""
    given = sources(arguments)
    measured = {
        name: value
        for name in ("temperature_c", "battery_mv")
        if (value := getattr(arguments, name)) is not None
    }
    if not given.any_files and not measured and not arguments.clear:
        options = "--sound, --image, --accelerometer, --raw, --temperature or --battery"
        raise UsageError("there is nothing to feed", remedy=f"give {options}, or --clear")
    bar = show.bar("Feeding", at_once=True)
    with targets.connect(arguments.target) as client:
        if arguments.clear:
            feeding.clear(client)
        try:
            fed = feeding.feed_sources(client, given, arguments.once, bar.update)
            if measured:
                fed.append(feeding.feed_health(client, measured))
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


def record(arguments: Namespace, show: Show) -> int:
    """Store what a sensor delivers; nothing is written when anything is wrong."""
    wanted = recording.plan(
        KIND_NAMES.get(arguments.kind, arguments.kind),
        _params(arguments),
        samples=arguments.samples,
        windows=arguments.windows,
        seconds=arguments.seconds,
    )
    path = Path(arguments.output)
    recording.check_path(wanted, path)
    bar = show.bar("Recording")
    with targets.connect(arguments.target) as client:
        try:
            data = recording.record(client, wanted, bar.update)
        finally:
            bar.close()
    if len(data) < wanted.total_bytes:
        what = f"{len(data):,} of {wanted.total_bytes:,} bytes"
        show.warn(f"the data of {wanted.kind} came to their end: {what}")
    found = recording.files(wanted, data, path)
    for target, content in found.items():
        write_bytes(target, content)
    if show.json:
        show.value({"kind": wanted.kind, "bytes": len(data), "files": [*map(str, found)]})
    else:
        show.note(f"{', '.join(map(str, found))}: {len(data):,} bytes of {wanted.kind}")
    return 0


def _params(arguments: Namespace) -> dict[str, int]:
    """Return the capability's parameters that were given."""
    given = {name: getattr(arguments, name) for name in ("hz", "width", "height")}
    params = {name: value for name, value in given.items() if value}
    if arguments.source is not None:
        params["source"] = arguments.source
    if arguments.pixel_format:
        params["pixel_format"] = PIXEL_FORMATS[_PIXELS[arguments.pixel_format]][0]
    return params
