"""Processes that outlive the command that starts them, told from later ones of the same number."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_STOP_DEADLINE_S = 2.0
_POLL_S = 0.01
_DEAD_STATES = "ZXx"
_children: dict[int, subprocess.Popen[bytes]] = {}
"""Processes started by this very one, which must reap them."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process by its number and by when it started; number 0 is none."""

    pid: int = 0
    started: str = ""

    @property
    def runs(self) -> bool:
        """Tell whether this process still runs."""
        child = _children.get(self.pid)
        if child is not None and child.poll() is not None:
            return False
        return self.pid > 0 and self.started != "" and _start_of(self.pid) == self.started

    def exit_code(self) -> int | None:
        """Return how a process that this one started has ended; None while it runs."""
        child = _children.get(self.pid)
        return None if child is None else child.poll()

    def end(self, first_signal: int) -> None:
        """End the process: ask, then kill; do nothing when it has ended."""
        for number in (first_signal, signal.SIGKILL):
            if not self.runs:
                break
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)
            end = time.monotonic() + _STOP_DEADLINE_S
            while self.runs and time.monotonic() < end:
                time.sleep(_POLL_S)
        child = _children.pop(self.pid, None)
        if child is not None:
            child.wait()


def spawn(command: Sequence[str], **options: Any) -> Process:
    """Start a process in a session of its own. Raises OSError; options are subprocess.Popen's."""
    child = subprocess.Popen(command, start_new_session=True, **options)
    _children[child.pid] = child
    return Process(child.pid, _start_of(child.pid))


def by_number(pid: int) -> Process:
    """Return the process that has this number now; 0 stands for none."""
    return Process(pid, _start_of(pid) if pid else "")


def _start_of(pid: int) -> str:
    """Return when a process started, in the system's notation; "" when it does not run."""
    if Path("/proc/self/stat").exists():
        try:
            # The name in parentheses may hold anything; the fields after it are fixed.
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return ""
        return "" if fields[0] in _DEAD_STATES else fields[19]
    listed = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return "" if not listed or listed.startswith("Z") else listed.partition(" ")[2].strip()
