"""Finds boards: by name, or all that can be seen from here.

A target is the name or id of a simulated board (`unix-1`), a serial port (`/dev/ttyACM0`, `COM3`),
or an address (`host:port`).
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from runicd.client import Client
from runicd.errors import LinkBusy, TargetError
from runicd.links.base import Link
from runicd.links.tcp import TcpLink
from runicd.sim import boards as sim
from runicd.sim.record import SimulatedBoard
from runicd.types import Board

SIMULATED = "simulated"
_PROBE_S = 0.6
_PROBES_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Target:
    """A board that one may try to talk to, and the way there.

    `bare` ports are built into the machine: nothing says that anything is at their other end.
    """

    id: str
    type: str
    name: str
    connect: Callable[[], Link]
    bare: bool = False


def all_targets() -> list[Target]:
    """Return every target in sight."""
    simulated = [of_simulated(board) for board in sim.boards() if not board.owner]
    return simulated + _serial_ports()


def resolve(text: str | None) -> Target:
    """Return the target that the user means: the one named, or RUNICD_TARGET, or the only one.

    Raises TargetError when there is none of that name, none at all, or more than one to choose
    from.
    """
    text = text or os.environ.get("RUNICD_TARGET") or None
    return _only_target() if text is None else _named(text)


def is_simulated(target: Target) -> bool:
    """Tell a simulated board, also where it is named by its serial port."""
    return target.name == SIMULATED or target.id in {board.pty for board in sim.boards()}


def connect(text: str | None) -> Client:
    """Return a conversation with the board that the user means."""
    return Client(resolve(text).connect)


def probe(targets: Sequence[Target]) -> list[Board]:
    """Ask every target what it is, all at once; those that do not answer are not available.

    Bare ports on which nobody answers are left out.
    """
    if not targets:
        return []
    with ThreadPoolExecutor(min(len(targets), _PROBES_AT_ONCE)) as pool:
        boards = list(pool.map(_probe, targets))
    asked = zip(targets, boards, strict=True)
    return [board for target, board in asked if board.available or not target.bare]


def _probe(target: Target) -> Board:
    try:
        with Client(target.connect, hello_s=_PROBE_S, interrupts=False) as client:
            facts = client.request("facts")
            name = (
                f"{client.greeting.board}, {target.name}" if target.name else client.greeting.board
            )
            known = facts if isinstance(facts, dict) else None
            return Board(target.id, target.type, name, available=True, facts=known)
    except LinkBusy:
        return Board(target.id, target.type, f"{target.name} (busy)", available=False)
    except TargetError:
        return Board(target.id, target.type, target.name, available=False)


def _named(text: str) -> Target:
    if text in sim.names():
        return of_simulated(sim.find(text))
    address = text.removeprefix("tcp://")
    host, _, port = address.rpartition(":")
    if host and port.isascii() and port.isdigit() and int(port) < 65536:
        name = host.removeprefix("[").removesuffix("]")  # an IPv6 address
        return Target(text, "TCP", "", lambda: TcpLink(name, int(port), where=text))
    if text.startswith(("/", "COM", "serial://")):
        path = text.removeprefix("serial://")
        return Target(path, "SERIAL", "", lambda: _serial(path))
    known = [target.id for target in all_targets()]
    meant = difflib.get_close_matches(text, known, 1)
    raise TargetError(
        "there is no such target",
        where=text,
        remedy=f"did you mean {meant[0]}?" if meant else "`runicd targets ls` lists the boards",
    )


def _only_target() -> Target:
    """Return the one target there is; serial ports count when a board answers on them.

    Bare ports are asked only where there is nothing else: on most of them nobody is there, and
    to wait for that would slow every command down.
    """
    targets = all_targets()
    found = _answering([target for target in targets if not target.bare])
    found = found or _answering([target for target in targets if target.bare])
    if not found:
        for board in sim.ended():
            sim.find(board.id)  # says that it has ended, and what brings it back
        raise TargetError("there is no board", remedy="start one with `runicd sim up`")
    if len(found) > 1:
        names = ", ".join(target.id for target in found)
        raise TargetError(f"there are {len(found)} targets", remedy=f"choose with -t: {names}")
    return found[0]


def _answering(targets: Sequence[Target]) -> list[Target]:
    ports = [target for target in targets if target.name != SIMULATED]
    answering = {board.target for board in probe(ports) if board.available}
    return [target for target in targets if target.name == SIMULATED or target.id in answering]


def of_simulated(board: SimulatedBoard) -> Target:
    """Return the target that a simulated board is."""

    def link() -> Link:
        # Looked up anew each time: after a restart the port may be another.
        now = sim.find(board.id)
        if now.tcp_port and not now.baud:
            return TcpLink("127.0.0.1", now.tcp_port, where=now.label)
        return _serial(now.pty, where=now.label)

    kind = "TCP" if board.tcp_port and not board.baud else "SERIAL"
    return Target(board.label, kind, SIMULATED, link)


def _serial_ports() -> list[Target]:
    from serial.tools import list_ports  # noqa: PLC0415 - slow to load, only for real boards

    ports = sorted(list_ports.comports())
    return [_port(port.device, port.description, bare=port.vid is None) for port in ports]


def _port(path: str, name: str | None, *, bare: bool) -> Target:
    return Target(path, "SERIAL", name or path, lambda: _serial(path), bare)


def _serial(path: str, *, where: str = "") -> Link:
    from runicd.links.serial import SerialLink  # noqa: PLC0415 - pyserial is slow to load

    return SerialLink(path, where=where)
