"""Finding boards: simulated ones, ports with somebody else at the end, and what the user names."""

import os
import pty
import signal
import threading
import tty
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

from runicd import targets
from runicd.errors import LinkTimeout, TargetError
from runicd.links.serial import SerialLink
from runicd.sim import boards, firmware
from runicd.sim.boards import Options, SimulatedBoard

pytestmark = pytest.mark.usefixtures("state_folder")


def start(**options: object) -> SimulatedBoard:
    return boards.start(firmware.find(), Options(**options))  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def ports(monkeypatch: pytest.MonkeyPatch) -> list[ListPortInfo]:
    """Replace the ports of this machine by those that the test names."""
    found: list[ListPortInfo] = []
    monkeypatch.setattr(list_ports, "comports", lambda: list(found))
    return found


def usb_port(path: str) -> ListPortInfo:
    port = ListPortInfo(path)
    port.description, port.vid, port.pid = "Portenta H7", 0x2341, 0x025B
    return port


@dataclass
class Chatter:
    """A port on which something answers that is no board, and how often it was asked."""

    name: str
    asked: int = 0


@pytest.fixture
def chatter() -> Iterator[Chatter]:
    master, slave = pty.openpty()
    tty.setraw(slave)
    port = Chatter(os.ttyname(slave))

    def answer() -> None:
        while os.read(master, 1000) != b"end":
            port.asked += 1
            os.write(master, b"\r\nlogin: ")

    thread = threading.Thread(target=answer)
    thread.start()
    yield port
    tty.setraw(slave)
    os.write(slave, b"end")
    thread.join(5)
    os.close(slave)
    os.close(master)


def test_without_any_board_one_is_offered() -> None:
    with pytest.raises(TargetError, match="there is no board; start one with `runicd sim up`"):
        targets.resolve(None)


def test_the_only_board_need_not_be_named() -> None:
    board = start()
    assert targets.resolve(None).id == board.id
    with targets.connect(None) as client:
        assert client.greeting.board == "unix-1"
        assert client.where == "unix-1"


def test_of_several_boards_one_must_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    start()
    start()
    with pytest.raises(TargetError, match="there are 2 targets; choose with -t: unix-1, unix-2"):
        targets.resolve(None)
    assert targets.resolve("unix-2").id == "unix-2"
    monkeypatch.setenv("RUNICD_TARGET", "unix-1")
    assert targets.resolve(None).id == "unix-1"


def test_a_board_of_somebodys_run_is_not_the_only_one() -> None:
    ephemeral = start(ephemeral=True)
    with pytest.raises(TargetError, match="there is no board"):
        targets.resolve(None)
    assert targets.resolve(ephemeral.id).id == ephemeral.id


def test_a_wrong_name_is_met_with_the_right_one() -> None:
    start()
    with pytest.raises(TargetError, match="unix1: there is no such target; did you mean unix-1"):
        targets.resolve("unix1")
    with pytest.raises(TargetError, match=r"portenta: .*; `runicd targets ls` lists the boards"):
        targets.resolve("portenta")


def test_a_board_can_be_named_by_its_address_and_by_its_port() -> None:
    board = start()
    for name in (f"127.0.0.1:{board.tcp_port}", f"tcp://127.0.0.1:{board.tcp_port}", board.pty):
        with targets.connect(name) as client:
            assert client.greeting.board == "unix-1"


def test_a_board_on_a_serial_port_is_found(ports: list[ListPortInfo]) -> None:
    board = start(ephemeral=True)
    ports.append(usb_port(board.pty))
    (found,) = targets.probe(targets.all_targets())
    assert (found.target, found.type, found.available) == (board.pty, "SERIAL", True)
    assert found.name == "unix-1, Portenta H7"
    assert targets.resolve(None).id == board.pty


def test_a_busy_port_is_listed_as_such_and_left_alone(ports: list[ListPortInfo]) -> None:
    board = start(ephemeral=True)
    ports.append(usb_port(board.pty))
    holder = SerialLink(board.pty)
    (found,) = targets.probe(targets.all_targets())
    holder.close()
    assert (found.name, found.available) == ("Portenta H7 (busy)", False)


def test_a_port_with_something_else_is_not_available(
    ports: list[ListPortInfo], chatter: Chatter
) -> None:
    ports.append(usb_port(chatter.name))
    (found,) = targets.probe(targets.all_targets())
    assert (found.target, found.available) == (chatter.name, False)
    with pytest.raises(LinkTimeout, match="what answers is no RunicOS board"):
        targets.connect(chatter.name)


def test_a_bare_port_is_listed_only_when_a_board_answers(ports: list[ListPortInfo]) -> None:
    board = start(ephemeral=True)
    ports.append(ListPortInfo(board.pty))
    ports.append(ListPortInfo("/dev/no-such-port"))
    found = targets.probe(targets.all_targets())
    assert [entry.target for entry in found] == [board.pty]


def test_bare_ports_are_asked_only_where_there_is_nothing_else(
    ports: list[ListPortInfo], chatter: Chatter
) -> None:
    other = start(ephemeral=True)
    ports.append(ListPortInfo(other.pty))
    assert targets.resolve(None).id == other.pty
    ports.append(ListPortInfo(chatter.name))
    board = start()
    assert targets.resolve(None).id == board.id
    assert chatter.asked == 0


def test_a_board_that_was_restarted_is_found_again() -> None:
    board = start()
    with targets.connect("unix-1") as client:
        again = boards.restart(board)
        assert again.pid != board.pid
        assert client.request("ps") == []


def test_a_board_that_hangs_is_not_available() -> None:
    board = start()
    os.kill(board.pid, signal.SIGSTOP)
    found = targets.probe(targets.all_targets())
    assert [(entry.target, entry.available) for entry in found] == [("unix-1", False)]
