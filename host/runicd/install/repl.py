"""A board's raw REPL, by mpremote's own transport: run code, read what it prints, write files."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import serial
from mpremote.transport import TransportError, TransportExecError
from mpremote.transport_serial import SerialTransport

from runicd.errors import LinkBusy, LinkError, LinkTimeout
from runicd.ports import no_such_port

_BAUD = 115200
_READ_TIMEOUT_S = 1.0
_PIECE_BYTES = 1536
_RUN_DEADLINE_S = 30.0
_PROMPT = b"\r\n>>> "
_PROMPT_POLL_S = 0.1


class Repl:
    """A raw REPL that is held from `open_repl` on; programs on the board are interrupted."""

    def __init__(self, transport: Any, where: str) -> None:
        self._transport = transport
        self.where = where

    def run(self, code: str) -> str:
        """Run code; return what it printed. Raises LinkError, also for what the code raised."""
        with _explained(self.where):
            printed, raised = self._transport.exec_raw(code, timeout=_RUN_DEADLINE_S)
        if raised:
            last = raised.decode(errors="replace").strip().splitlines()[-1]
            raise LinkError(f"the board says {last}", where=self.where)
        return str(printed.decode(errors="replace"))

    def ask(self, code: str) -> Any:
        """Run code that prints JSON last; return the value."""
        said = self.run(code).strip().splitlines()
        try:
            return json.loads(said[-1])
        except (IndexError, ValueError) as error:
            raise LinkError("the board's answer cannot be read", where=self.where) from error

    def write(self, path: str, data: bytes, count: Callable[[int], None]) -> None:
        """Write a file, whole or not at all; `count` is told of each piece's bytes."""
        self.run(f"import os, binascii\nf = open({path + '.new'!r}, 'wb')")
        for at in range(0, len(data), _PIECE_BYTES):
            piece = data[at : at + _PIECE_BYTES]
            self.run(f"f.write(binascii.a2b_base64({base64.b64encode(piece)!r}))")
            count(len(piece))
        self.run(f"f.close()\nos.rename({path + '.new'!r}, {path!r})\ndel f")

    def leave(self, code: str) -> None:
        """Run code that takes the REPL with it."""
        with _explained(self.where):
            self._transport.exec_raw_no_follow(code)
        self._transport.in_raw_repl = False

    def close(self) -> None:
        """Go back to the friendly REPL, and let the port go."""
        with contextlib.suppress(OSError):
            if self._transport.in_raw_repl:
                self._transport.exit_raw_repl()
        self._transport.close()


def wait_prompt(port: str, deadline_s: float) -> None:
    """Wait until a board that has just been started shows its prompt, and send it nothing.

    A Ctrl-C that came earlier would end what it makes ready, its file system for one. Raises
    LinkTimeout, LinkError.
    """
    said = b""
    end = time.monotonic() + deadline_s
    with _explained(port), serial.Serial(port, _BAUD, timeout=_PROMPT_POLL_S) as line:
        while not said.endswith(_PROMPT):
            said += line.read(max(1, line.in_waiting))
            if time.monotonic() > end:
                raise LinkTimeout(f"no prompt within {deadline_s:g} s", where=port)


@contextlib.contextmanager
def open_repl(port: str) -> Iterator[Repl]:
    """Take over the REPL on a serial port. Raises LinkBusy, LinkError."""
    with _explained(port):
        transport = SerialTransport(port, baudrate=_BAUD, timeout=_READ_TIMEOUT_S)
    repl = Repl(transport, port)
    try:
        with _explained(port):
            transport.enter_raw_repl(soft_reset=False)
        yield repl
    finally:
        repl.close()


@contextlib.contextmanager
def _explained(port: str) -> Iterator[None]:
    """Turn what mpremote raises into errors of ours; what it prints besides is dropped."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    except (TransportError, TransportExecError) as error:
        if "failed to access" in str(error):
            if port.startswith("/") and not Path(port).exists():
                raise no_such_port(port) from error
            remedy = "see `runicd targets ls`, and close other programs that hold it"
            raise LinkBusy("the port cannot be opened", where=port, remedy=remedy) from error
        what = "no MicroPython prompt answers"
        remedy = "see that MicroPython runs on the board, and that its prompt is on this port"
        raise LinkError(f"{what} ({error})", where=port, remedy=remedy) from error
    except (OSError, serial.SerialException) as error:
        raise LinkError(f"the board went away ({error})", where=port) from error
