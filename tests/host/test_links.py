"""Links against the real thing: sockets and ptys of this machine."""

import os
import pty
import socket
import subprocess
import sys
import threading
import time
import tty
from collections.abc import Iterator

import pytest

from runicd.errors import LinkBusy, LinkClosed, LinkError
from runicd.links.base import Link
from runicd.links.memory import MemoryLink
from runicd.links.serial import SerialLink
from runicd.links.tcp import TcpLink

EVERY_BYTE = bytes(range(256))


@pytest.fixture
def far_socket() -> Iterator[tuple[TcpLink, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        link = TcpLink(*server.getsockname())
        far, _ = server.accept()
        with far:
            yield link, far
        link.close()


@pytest.fixture
def far_pty() -> Iterator[tuple[SerialLink, int, str]]:
    master, slave = pty.openpty()
    tty.setraw(slave)
    name = os.ttyname(slave)
    link = SerialLink(name)
    yield link, master, name
    link.close()
    os.close(slave)
    if master >= 0:
        os.close(master)


def read_all(link: Link, count: int) -> bytes:
    got = b""
    end = time.monotonic() + 5
    while len(got) < count and time.monotonic() < end:
        got += link.receive(0.1)
    return got


def send_much(link: Link) -> None:
    for _ in range(100):
        link.send(bytes(10000))


def test_tcp_carries_every_byte_both_ways(far_socket: tuple[TcpLink, socket.socket]) -> None:
    link, far = far_socket
    link.send(EVERY_BYTE)
    assert far.recv(1000) == EVERY_BYTE
    far.sendall(EVERY_BYTE * 1000)
    assert read_all(link, 256_000) == EVERY_BYTE * 1000


def test_tcp_receive_gives_up_when_asked(
    far_socket: tuple[TcpLink, socket.socket],
) -> None:
    started = time.monotonic()
    assert far_socket[0].receive(0.05) == b""
    assert time.monotonic() - started > 0.04


def test_tcp_says_when_the_board_goes_away(far_socket: tuple[TcpLink, socket.socket]) -> None:
    link, far = far_socket
    far.close()
    with pytest.raises(LinkClosed, match=r"127\.0\.0\.1:\d+: the board went away"):
        link.receive(1)
    with pytest.raises(LinkClosed):
        send_much(link)


def test_tcp_after_close_is_closed(far_socket: tuple[TcpLink, socket.socket]) -> None:
    link, _ = far_socket
    link.close()
    link.close()
    with pytest.raises(LinkClosed):
        link.receive(0)


def test_tcp_says_that_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(LinkError, match=r"cannot connect .*refused.*; see `runicd targets ls`"):
        TcpLink("127.0.0.1", port)


def test_tcp_says_that_a_name_is_unknown() -> None:
    with pytest.raises(LinkError, match="cannot connect"):
        TcpLink("no-such-board.invalid", 1)


def test_serial_carries_every_byte_both_ways(far_pty: tuple[SerialLink, int, str]) -> None:
    link, master, _ = far_pty
    link.send(EVERY_BYTE)
    assert os.read(master, 1000) == EVERY_BYTE
    os.write(master, EVERY_BYTE)
    assert read_all(link, 256) == EVERY_BYTE


def test_serial_sends_more_than_the_line_holds(far_pty: tuple[SerialLink, int, str]) -> None:
    link, master, _ = far_pty
    data = EVERY_BYTE * 400
    got = bytearray()

    def drain() -> None:
        while len(got) < len(data):
            got.extend(os.read(master, 4096))

    reader = threading.Thread(target=drain)
    reader.start()
    link.send(data)
    reader.join(10)
    assert bytes(got) == data


def test_serial_receive_gives_up_when_asked(far_pty: tuple[SerialLink, int, str]) -> None:
    started = time.monotonic()
    assert far_pty[0].receive(0.05) == b""
    assert time.monotonic() - started > 0.04


def test_serial_port_is_busy_while_it_is_held(far_pty: tuple[SerialLink, int, str]) -> None:
    link, _, name = far_pty
    with pytest.raises(LinkBusy, match=f"{name}: the port is busy; close the other"):
        SerialLink(name)
    link.close()
    SerialLink(name).close()


def test_serial_port_is_busy_for_another_process(far_pty: tuple[SerialLink, int, str]) -> None:
    """What mpremote opens its port with finds it locked."""
    script = f"import serial; serial.Serial({far_pty[2]!r}, exclusive=True)"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert ended.returncode == 1
    assert b"exclusively lock" in ended.stderr


def test_serial_says_when_the_board_goes_away() -> None:
    master, slave = pty.openpty()
    tty.setraw(slave)
    link = SerialLink(os.ttyname(slave))
    os.close(slave)
    os.close(master)
    with pytest.raises(LinkClosed, match="the board went away"):
        link.receive(1)
    with pytest.raises(LinkClosed):
        link.send(b"x")
    link.close()


def test_serial_after_close_is_closed(far_pty: tuple[SerialLink, int, str]) -> None:
    far_pty[0].close()
    far_pty[0].close()
    with pytest.raises(LinkClosed):
        far_pty[0].receive(0)


@pytest.mark.parametrize(
    ("port", "words"),
    [
        ("/dev/no-such-port", "there is no such port"),
        ("/dev/null", "not a serial port"),
        ("/", "not a serial port"),
    ],
)
def test_serial_says_what_is_no_port(port: str, words: str) -> None:
    with pytest.raises(LinkError, match=f"{port}: {words}"):
        SerialLink(port)


def test_memory_link_answers_through_its_peer() -> None:
    link = MemoryLink(lambda data: data[::-1])
    link.send(b"abc")
    assert link.receive(0) == b"cba"
    assert link.receive(0) == b""
    assert bytes(link.sent) == b"abc"


def test_memory_link_delivers_what_was_on_the_way_when_it_is_cut() -> None:
    link = MemoryLink(lambda data: data)
    link.send(b"abc")
    link.cut()
    assert link.receive(0) == b"abc"
    with pytest.raises(LinkClosed):
        link.receive(0)
    with pytest.raises(LinkClosed):
        link.send(b"x")
