"""An emulated board as tests use it: by mpremote's own transport, and by runicd's client."""

import time
import warnings
from dataclasses import dataclass, replace
from typing import Self

from mpremote.transport_serial import SerialTransport

from runicd import targets
from runicd.client import Client
from runicd.errors import TargetError
from runicd.sim import boards
from runicd.sim.boards import Options
from runicd.sim.firmware import Firmware
from tests.device import sim_board

_ANSWER_DEADLINE_S = 20.0


@dataclass
class EmulatedBoard:
    """A board that runs, until its power is cut."""

    board: boards.SimulatedBoard

    @classmethod
    def start(cls, firmware: Firmware, *arguments: str) -> Self:
        """Start a board; `arguments` are the emulator's, `key=value`."""
        started = boards.start(firmware, Options())
        if arguments:
            given = replace(started, arguments=(*started.arguments, *arguments))
            started = boards.restart(given)
        return cls(started)

    def run(self, script: str, timeout_s: float = 30) -> str:
        """Run a script as `mpremote exec` does; return what it printed."""
        transport = SerialTransport(self.board.pty, baudrate=115200)
        try:
            transport.enter_raw_repl(soft_reset=False)
            printed, raised = transport.exec_raw(script, timeout=timeout_s)
            transport.exit_raw_repl()
        finally:
            transport.close()
        assert raised == b"", raised.decode()
        return printed.decode().replace("\r\n", "\n")

    def run_to_its_end(self, script: str) -> None:
        """Run a script that takes the board down with it."""
        transport = SerialTransport(self.board.pty, baudrate=115200)
        try:
            transport.enter_raw_repl(soft_reset=False)
            transport.exec_raw_no_follow(script)
        finally:
            transport.close()

    def client(self) -> Client:
        """Return a conversation with the service, as soon as it answers."""
        deadline = time.monotonic() + _ANSWER_DEADLINE_S
        while True:
            try:
                return Client(targets.of_simulated(self.board).connect)
            except TargetError:
                if time.monotonic() > deadline:
                    raise

    def cable(self) -> sim_board.Client:
        """Return the tests' own conversation with it: whoever holds the cable is an owner."""
        return sim_board.Client(sim_board.SerialLine(self.board.pty))

    def client_after_fault(self) -> tuple[Client, list[str]]:
        """Return a conversation, and what the board warned of when it began."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            client = self.client()
        return client, [str(warning.message) for warning in caught]

    def cut_power(self) -> None:
        """Kill the emulator and start it again with the same flash."""
        self.board = boards.restart(self.board)
