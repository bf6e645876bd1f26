"""The simulated board: its flash is a folder, its sensors are files, its serial port is stdin."""

import os
import socket
import sys
import time

import console
import rune
import sensors

from runicos import serial_console
from runicos.bodies_files import FileBodies

_PORT_FIRST = 20000
_PORT_COUNT = 40000
_PORT_TRIES = 50
_PORT_PAUSE_MS = 10
_EADDRINUSE = 98
# Ctrl-C drops what is typed, Ctrl-B leaves the raw mode, Ctrl-D forgets the names.
_REPL_RESET = b"\x03\x02\x04"


class Board:
    """What RunicOS asks of a board; `options` are sim.py's."""

    chip = "simulated"
    provider = "runicos:unix"

    def __init__(self, options: object) -> None:
        self._options = options
        self._port = options.tcp_port
        self.name = options.name
        self.flash_root = options.flash + "/runes"
        self.recordings = options.fed
        self.given_limit = options.limits.get
        self._cause = "power on"
        # The watchdog has started this process anew: the port is known to hosts.
        self._carried = console.carried()
        if self._carried is not None and self._port is not None:
            self._port = self._carried[1]

    def facts(self) -> "dict[str, object]":
        """Return what never changes while the board runs."""
        return {
            "board": "unix",
            "name": self.name,
            "chip": self.chip,
            "provider": self.provider,
            "capabilities": sensors.offered(self._options),
            "outputs": ["SERIAL", "TENSOR"],
            "clock": "host",
        }

    def capability(self, kind: str, params: "dict[str, object]") -> object:
        """Return a driver: its readinto(buffer) fills the buffer or raises."""
        return sensors.open_driver(kind, params, self._options)

    def bodies(self) -> object:
        """Return where Runes' bodies lie: in files, mapped."""
        return FileBodies(self.flash_root, self._options.flash_bytes, self.map_file)

    def map_file(self, path: str) -> object:
        """Return a file's bytes in place, as memory-mapped flash; `close()` lets them go."""
        return console.map(self._options.mounted + path)

    def console(self) -> object:
        """Take over the serial port."""
        return serial_console.start()

    def listener(self) -> object:
        """Return a listening TCP socket of this machine only, or None without --tcp."""
        if self._port is None:
            return None
        wanted = self._port
        for _ in range(_PORT_TRIES):
            # The unix port cannot tell which port the system chose, so we choose.
            self._port = (
                wanted or _PORT_FIRST + int.from_bytes(os.urandom(4), "little") % _PORT_COUNT
            )
            listening = _listen(self._port)
            if listening is not None:
                console.carry(self._port)
                return listening
            if wanted:
                # The process that had it may have ended a moment ago.
                time.sleep_ms(_PORT_PAUSE_MS)
        raise OSError(_EADDRINUSE)

    def watchdog(self, timeout_ms: int) -> object:
        """Start the watchdog; it is fed from now on."""
        return console.watchdog(timeout_ms)

    def last_fault(self) -> "str | None":
        """Return, once, that the watchdog has started the board anew.

        A process that crashes is gone, and does not come back by itself.
        """
        if self._carried is None:
            return None
        rune.running(self._carried[0])
        self._carried = None
        return "watchdog"

    def reset_cause(self) -> str:
        """Return why the board started, if it was no fault."""
        return self._cause

    def temperature_c(self) -> "float | None":
        """Return the temperature that was fed; None without one."""
        return self.recordings.measured("temperature_c")

    def battery_mv(self) -> "float | None":
        """Return the battery's voltage that was fed; None without one."""
        return self.recordings.measured("battery_mv")

    def ready(self) -> None:
        """Tell whoever started the board that it serves."""
        port = "" if self._port is None else " tcp=%d" % self._port
        sys.stderr.write("runicos: ready%s\n" % port)

    def reset(self) -> None:
        """Reset what is not RunicOS: the REPL, its names, and the current folder."""
        self._cause = "reset"
        console.repl_feed(_REPL_RESET)
        os.chdir("/")


def _listen(port: int) -> object:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(socket.getaddrinfo("127.0.0.1", port)[0][-1])
        listening.listen(4)
    except OSError as error:
        listening.close()
        if error.errno != _EADDRINUSE:
            raise
        return None
    return listening
