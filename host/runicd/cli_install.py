"""`runicd install`: RunicOS onto a board of plain MicroPython."""

from __future__ import annotations

import time
from argparse import Namespace
from dataclasses import asdict

from runicd import targets
from runicd.cast.preflight import board_facts
from runicd.cli_show import Show
from runicd.client import Client
from runicd.errors import LinkTimeout, TargetError, UsageError
from runicd.install.install import Installed, start_anew
from runicd.install.install import install as put
from runicd.install.repl import open_repl
from runicd.sim import boards as sim

_START_DEADLINE_S = 40.0
_ASK_S = 3.0
_PAUSE_S = 0.3


def install(arguments: Namespace, show: Show) -> int:
    """Put RunicOS there, restart the board, and hear that it serves."""
    target = targets.resolve(arguments.target)
    port = sim.find(target.id).pty if target.id in sim.names() else target.id
    if target.type != "SERIAL":
        raise UsageError(f"{target.id} is no serial port", remedy="give -t the board's port")
    bar = show.bar("Installing")
    with open_repl(port) as repl:
        try:
            done = put(repl, arguments.board, bar.update, force=arguments.force)
        finally:
            bar.close()
        if done.sent:
            start_anew(repl)
    if not done.sent and _version(target, 0) is None:
        with open_repl(port) as repl:
            start_anew(repl)
    version = _version(target, _START_DEADLINE_S)
    if version is None:
        raise LinkTimeout(
            "RunicOS is on the board, but does not answer after the restart",
            where=target.id,
            remedy=f"`mpremote connect {port} repl`, then Ctrl-D, shows why",
        )
    _tell(done, version, show)
    return 0


def _version(target: targets.Target, deadline_s: float) -> str | None:
    """Return the version of RunicOS on the board; None when none answers by the deadline."""
    end = time.monotonic() + deadline_s
    while True:
        try:
            with Client(target.connect, hello_s=_ASK_S) as client:
                return str(board_facts(client).get("version"))
        except TargetError:
            if time.monotonic() >= end:
                return None
            time.sleep(_PAUSE_S)


def _tell(done: Installed, version: str, show: Show) -> None:
    if show.json:
        show.value(asdict(done) | {"version": version})
        return
    sent = f"{done.sent} of {done.files} files, {done.sent_bytes:,} bytes, were sent"
    show.note(f"RunicOS {version} for {done.board} serves; {sent if done.sent else 'up to date'}")
