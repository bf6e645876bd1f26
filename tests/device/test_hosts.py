"""Hosts that ask too much, leave without a word, never read: the board serves the others."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import cbor2
import pytest

from runicos.contract import errors, wire
from tests.board import ROOT, run_ok
from tests.device import runes
from tests.device.runes import stock
from tests.device.sim_board import BoardError, Client, SimBoard

SOUND = runes.sample("microspeech", "up_f3.wav")
FOREVER = cbor2.dumps(["call", {"name": "sine", "count": 1_000_000_000}])


@pytest.fixture
def board(tmp_path: Path) -> Iterator[SimBoard]:
    with SimBoard(tmp_path / "flash", "--sound", SOUND) as board:
        yield board


def start(client: Client, name: str, period_ms: int) -> None:
    client.upload(name, stock(name))
    client.request("start", name=name, period_ms=period_ms)


def calls(client: Client) -> int:
    (row,) = client.request("ps")
    return int(row["calls"])


def test_a_period_shorter_than_a_call_does_not_starve_the_links(
    board: SimBoard, client: Client
) -> None:
    start(client, "microspeech", period_ms=1)
    with board.serial() as serial:
        for asking in [client, serial] * 20:
            assert asking.request("ps")[0]["state"] == "running"
    before_upload = calls(client)
    client.upload("sine", stock("sine"))
    assert client.request("ps")[0]["calls"] > before_upload


def test_calls_for_a_host_that_is_gone_are_not_made(board: SimBoard, client: Client) -> None:
    start(client, "sine", period_ms=0)
    with board.tcp() as leaving:
        leaving.line.write(wire.encode(wire.REQUEST, 0, 7, FOREVER))
        deadline = time.monotonic() + 5
        while calls(client) == 0:
            assert time.monotonic() < deadline
    time.sleep(0.2)
    before = calls(client)
    time.sleep(0.2)
    assert calls(client) == before


def test_more_open_calls_than_it_keeps_are_refused(client: Client) -> None:
    start(client, "sine", period_ms=0)
    before = client.request("facts")["heap_free"]
    for number in range(1000, 1200):
        client.line.write(wire.encode(wire.REQUEST, 0, number, FOREVER))
    with pytest.raises(BoardError) as caught:
        client.answer(1199)
    assert caught.value.code == errors.BUSY
    assert client.request("facts")["heap_free"] > before - 8000
    client.request("stop", name="sine")
    with pytest.raises(BoardError) as caught:
        client.answer(1000)
    assert caught.value.code == errors.NOT_RUNNING


def test_a_subscriber_that_never_reads_blocks_no_link_and_is_cut_off(
    board: SimBoard, client: Client
) -> None:
    start(client, "sine", period_ms=0)
    before = client.request("facts")["heap_free"]
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    deaf.connect(("127.0.0.1", board.tcp_port))
    subscribe = cbor2.dumps(["subscribe", {"topics": ["out", "log", "state"]}])
    deaf.sendall(wire.encode(wire.REQUEST, 0, 1, subscribe))
    client.line.write(wire.encode(wire.REQUEST, 0, 5000, FOREVER))
    free, texts = [], [""]
    deadline = time.monotonic() + 60
    while not texts[-1].endswith("dropped: takes nothing"):
        assert time.monotonic() < deadline, texts
        free.append(client.request("facts")["heap_free"])
        texts = [record[4] for record in client.request("logs")["records"]]
        time.sleep(0.1)
    made = calls(client)
    time.sleep(0.2)
    # What waited for that reader goes on.
    assert calls(client) > made
    deaf.close()
    assert min(free) > before - 8000


@pytest.mark.parametrize("period_ms", [0x20000000, 1_000_000_000])
def test_a_period_beyond_the_clock_is_refused(client: Client, period_ms: int) -> None:
    """The clock starts over before: the Rune would be due at once, always."""
    start(client, "sine", period_ms=0)
    expected = (errors.BAD_REQUEST, ["start", "argument period_ms has a wrong value"])
    assert client.error("start", name="sine", period_ms=period_ms) == expected
    manifest = runes.with_manifest(stock("sine"), period_ms=period_ms)
    with pytest.raises(BoardError) as caught:
        client.upload("sine", manifest)
    assert caught.value.code == errors.BAD_MANIFEST
    client.request("start", name="sine", period_ms=0x1FFFFFFF)
    time.sleep(0.2)
    assert calls(client) == 1


def test_hundreds_of_uploads_that_are_never_finished_leave_nothing(
    board: SimBoard, client: Client
) -> None:
    open_files = Path(f"/proc/{board.process.pid}/fd")
    # What takes in an upload is in memory, and its file is open, from here on.
    client.request("begin", name="first", size=1000, sha256=bytes(32))
    before = client.request("facts")
    files_before = len(list(open_files.iterdir()))
    for number in range(400):
        client.request("begin", name=f"r{number}", size=1000 + number, sha256=bytes(32))
    after = client.request("facts")
    assert len(list(open_files.iterdir())) == files_before
    assert after["heap_free"] > before["heap_free"] - 2000
    assert after["flash_free"] > before["flash_free"] - 200
    client.upload("sine", stock("sine"))


SILENT_HOSTS = """
import socket, sys
from runicos.link_tcp import TcpListener
from runicos.service import Service

class Hooks:
    '''Each step is a moment later: hosts connect, time goes by.'''
    now_ms = 0
    moment = 0
    def __init__(self):
        self.hosts = []
        self.told = []
    def ticks_ms(self):
        return self.now_ms
    def connect(self):
        host = socket.socket()
        host.connect(address)
        self.hosts.append(host)
    def step(self):
        self.moment += 1
        if self.moment <= 3:
            self.connect()
        elif self.moment == 5:
            subscriber, awaiting = self.service.links[0], self.service.links[1]
            subscriber.subscriptions["out"] = None
            self.awaited = awaiting
            self.now_ms = SILENCE_MS
            self.connect()
        elif self.moment == 8:
            print(sorted([link.name for link in self.service.links]), self.told)
            self.service.stop()
        return 0
    def is_awaited(self, link):
        return link is self.awaited
    def lost(self, link):
        self.told.append(link.name)
    def note(self, level, name, text):
        self.told.append(text)

listening = socket.socket()
listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
address = socket.getaddrinfo("127.0.0.1", int(sys.argv[1]))[0][-1]
listening.bind(address)
listening.listen(4)
hooks = Hooks()
service = hooks.service = Service(hooks, hooks.ticks_ms)
service.set_listener(TcpListener(listening, 3))
service.run()
"""


@pytest.mark.parametrize(
    ("silence_ms", "told"),
    [
        (40_000, "['tcp1', 'tcp2', 'tcp4'] ['tcp3 dropped: silent', 'tcp3']"),
        (20_000, "['tcp1', 'tcp2', 'tcp3'] []"),
    ],
)
def test_a_host_that_left_without_a_word_gives_way(silence_ms: int, told: str) -> None:
    """Neither a subscriber nor one that waits for its calls gives way, nor one that was there."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    script = SILENT_HOSTS.replace("SILENCE_MS", str(silence_ms))
    assert run_ok(script, str(port), source_paths=(ROOT / "device",)).strip() == told


FULL_HEAP = """
import socket, sys
from runicos.contract import cbor, wire
from runicos.link_tcp import TcpListener
from runicos.service import Service

class Hooks:
    '''Each step is a moment later: the heap is full, a host connects, and there is room again.'''
    moment = 0
    kept = [[None] * 2000]
    def step(self):
        self.moment += 1
        if self.moment == 1:
            self.fill()
            hosts[0].connect(address)
        elif self.moment == 4:
            self.kept.clear()
            hosts[1].connect(address)
        elif self.moment == 7:
            self.service.stop()
            print([link.name for link in self.service.links])
        return 0
    def fill(self):
        at = 0
        for size in (4096, 1024, 512, 128):
            try:
                while True:
                    self.kept[0][at] = bytearray(size)
                    at += 1
            except MemoryError:
                continue
    def lost(self, link):
        return None

listening = socket.socket()
listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
address = socket.getaddrinfo("127.0.0.1", int(sys.argv[1]))[0][-1]
listening.bind(address)
listening.listen(4)
hosts = [socket.socket(), socket.socket()]
hooks = Hooks()
service = hooks.service = Service(hooks, lambda: 0)
service.set_listener(TcpListener(listening, 3))
service.run()
decoder = wire.Decoder(1024)
decoder.feed(hosts[0].recv(1024))
kind, flags, number, payload = decoder.frames[0]
print(kind == wire.ERROR, number, cbor.loads(payload)[0])
"""


def test_a_host_that_there_is_no_memory_for_is_told_and_the_board_lives_on() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    lines = run_ok(FULL_HEAP, str(port), source_paths=(ROOT / "device",)).splitlines()
    assert lines == ["['tcp1']", f"True 0 {errors.OUT_OF_MEMORY}"]
