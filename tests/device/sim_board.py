"""A simulated board for tests: RunicOS on a pty and on TCP, and a plain client for both.

The client is written against the contract alone, so that these tests do not lean on runicd's.
"""

import os
import pty
import select
import socket
import subprocess
import time
import tty
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import cbor2

from runicos.contract import signature, wire
from runicos.contract.sentences import sentence
from tests.board import firmware_path
from tests.signing import provision, signed


class BoardError(Exception):
    """An ERROR frame: `code`, `arguments`."""

    def __init__(self, code: int, arguments: list[Any]) -> None:
        super().__init__(code, arguments, sentence(code, arguments))
        self.code = code
        self.arguments = arguments


class SimBoard:
    """A running board that trusts the tests' key, unless told not to; `options` are sim.py's."""

    def __init__(
        self, flash: Path, *options: str | Path, heap: str = "256k", trusts: bool = True
    ) -> None:
        if trusts:
            provision(flash)
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.port_path = os.ttyname(self._slave)
        command = [firmware_path(), "-X", f"heapsize={heap}", "-m", "sim"]
        command += ["--flash", flash, "--tcp", "0", *options]
        self.process = subprocess.Popen(
            [str(word) for word in command],
            stdin=self._master,
            stdout=self._master,
            stderr=subprocess.PIPE,
            env={"MICROPYPATH": ".frozen"},
            start_new_session=True,
        )
        assert self.process.stderr is not None
        self.tcp_port = self._wait_ready()

    def _wait_ready(self) -> int:
        seen = b""
        deadline = time.monotonic() + 10
        descriptor = self.process.stderr.fileno()  # type: ignore[union-attr]
        while b"\n" not in seen.partition(b"runicos: ready")[2]:
            left = deadline - time.monotonic()
            assert left > 0, f"board not ready: {seen!r}"
            if select.select([descriptor], [], [], left)[0]:
                data = os.read(descriptor, 4096)
                assert data, f"board died: {seen!r}"
                seen += data
        return int(seen.partition(b"tcp=")[2].split()[0])

    def tcp(self) -> "Client":
        return Client(TcpLine(self.tcp_port))

    def serial(self) -> "Client":
        return Client(SerialLine(self.port_path))

    def alive(self) -> bool:
        return self.process.poll() is None

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()  # type: ignore[union-attr]
        os.close(self._master)
        os.close(self._slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class TcpLine:
    """A socket to the board."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))

    def write(self, data: bytes) -> None:
        self._socket.sendall(data)

    def read(self, timeout_s: float) -> bytes:
        if not select.select([self._socket], [], [], timeout_s)[0]:
            return b""
        data = self._socket.recv(65536)
        if not data:
            raise EOFError("the board closed the connection")
        return data

    def close(self) -> None:
        self._socket.close()


class SerialLine:
    """The board's pty."""

    def __init__(self, path: str) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY)
        # QEMU leaves a line that turns each newline into two bytes.
        tty.setraw(self._descriptor)

    def write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._descriptor, data) :]

    def read(self, timeout_s: float) -> bytes:
        if not select.select([self._descriptor], [], [], timeout_s)[0]:
            return b""
        return os.read(self._descriptor, 65536)

    def close(self) -> None:
        os.close(self._descriptor)


class Client:
    """Requests and their answers, events, text, over a line."""

    def __init__(self, line: TcpLine | SerialLine) -> None:
        self.line = line
        self.events: list[list[Any]] = []
        self.text = b""
        self._decoder = wire.Decoder(65536)
        self._assembler = wire.Assembler(1 << 20)
        self._messages: list[tuple[int, int, bytes]] = []
        self._last_id = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.line.close()

    def request(self, verb: str, timeout_s: float = 30, **arguments: Any) -> Any:
        self._last_id += 1
        payload = cbor2.dumps([verb, arguments])
        for frame in wire.encode_message(wire.REQUEST, self._last_id, payload, 1024):
            self.line.write(frame)
        return self.answer(self._last_id, timeout_s)

    def answer(self, frame_id: int, timeout_s: float = 30) -> Any:
        kind, payload = self._wait((wire.RESPONSE, wire.ERROR), frame_id, timeout_s)
        value = cbor2.loads(payload)
        if kind == wire.ERROR:
            raise BoardError(*value)
        return value

    def error(self, verb: str, **arguments: Any) -> tuple[int, list[Any]]:
        """Return (code, arguments) of a request that must fail."""
        try:
            value = self.request(verb, **arguments)
        except BoardError as error:
            return error.code, error.arguments
        raise AssertionError(f"{verb} answered {value}")

    def send_chunk(self, upload: int, offset: int, data: bytes) -> int:
        self.line.write(wire.encode(wire.CHUNK, 0, upload, offset.to_bytes(4, "little") + data))
        kind, payload = self._wait((wire.ACK, wire.ERROR), upload, 10)
        if kind == wire.ERROR:
            raise BoardError(*cbor2.loads(payload))
        return int.from_bytes(payload, "little")

    def upload(
        self,
        name: str,
        data: bytes,
        stop_at: int | None = None,
        *,
        as_it_is: bool = False,
        period_ms: int | None = None,
    ) -> int:
        """Send a file, up to `stop_at` only if given; return the offset it began at.

        One that nobody has signed is signed, unless it is to go `as_it_is`. One that waits for a
        grant is called every `period_ms` then.
        """
        if not as_it_is and signature.read(data) is None:
            data = signed(data)
        begun = self.request("begin", name=name, size=len(data), sha256=sha256(data).digest())
        offset = first = begun["offset"]
        end = len(data) if stop_at is None else stop_at
        while offset < end:
            offset = self.send_chunk(
                begun["upload"], offset, data[offset : min(end, offset + 1020)]
            )
        if stop_at is None:
            answer = self.request("commit", upload=begun["upload"], period_ms=period_ms)
            assert answer["sha256"] == sha256(data).digest()
        return int(first)

    def read_text(self, until: bytes, timeout_s: float = 5) -> bytes:
        deadline = time.monotonic() + timeout_s
        while until not in self.text:
            assert time.monotonic() < deadline, f"no {until!r} in {self.text!r}"
            self._take_in(0.05)
        end = self.text.index(until) + len(until)
        text, self.text = self.text[:end], self.text[end:]
        return text

    def forget(self) -> None:
        """Take in what has come, and forget answers, events and text that nobody asked for."""
        self._take_in(0)
        self._messages.clear()
        self.events.clear()
        self.text = b""

    def wait_events(self, count: int, timeout_s: float = 30) -> list[list[Any]]:
        deadline = time.monotonic() + timeout_s
        while len(self.events) < count:
            assert time.monotonic() < deadline, f"{len(self.events)} of {count} events"
            self._take_in(0.05)
        events, self.events = self.events[:count], self.events[count:]
        return events

    def _wait(self, kinds: tuple[int, ...], frame_id: int, timeout_s: float) -> tuple[int, bytes]:
        deadline = time.monotonic() + timeout_s
        while True:
            for at, (kind, number, payload) in enumerate(self._messages):
                if kind in kinds and number == frame_id:
                    del self._messages[at]
                    return kind, payload
            assert time.monotonic() < deadline, f"no answer to {frame_id}: {self._messages}"
            self._take_in(0.05)

    def _take_in(self, timeout_s: float) -> None:
        data = self.line.read(timeout_s)
        self._decoder.feed(data)
        self.text += self._decoder.take_text()
        frames, self._decoder.frames = self._decoder.frames, []
        for frame in frames:
            message = self._assembler.add(frame)
            if message is not None and message[0] == wire.EVENT:
                self.events.append(cbor2.loads(message[2]))
            elif message is not None:
                self._messages.append(message)
