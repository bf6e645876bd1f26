"""The service: requests over serial and TCP, good and bad, with a REPL on the same line."""

import os
import socket
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import cbor2
import pytest

from runicd.inspect.boards import known_boards
from runicos.contract import errors, wire
from tests.board import ROOT
from tests.device.sim_board import BoardError, Client, SimBoard


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimBoard]:
    with SimBoard(tmp_path_factory.mktemp("flash"), "--name", "bench-1") as board:
        yield board


@pytest.fixture(params=["tcp", "serial"])
def client(board: SimBoard, request: pytest.FixtureRequest) -> Iterator[Client]:
    with getattr(board, request.param)() as client:
        yield client
    assert board.alive()


def test_hello_says_who_it_is(client: Client) -> None:
    greeting = client.request("hello", host="0.1.0")
    assert greeting["protocol"] == wire.PROTOCOL
    assert greeting["board"] == "bench-1"
    assert greeting["frame_max"] >= 256
    assert 0 < greeting["chunk_max"] <= greeting["frame_max"] - 4
    assert greeting["window"] >= greeting["chunk_max"]


def test_facts_are_what_admission_needs(client: Client) -> None:
    facts = client.request("facts")
    assert facts["capabilities"] == {"RAND": {}}
    assert facts["outputs"] == ["SERIAL", "TENSOR"]
    assert facts["heap_bytes"] > facts["heap_free"] > 100_000
    assert facts["flash_free"] <= facts["flash_bytes"]
    assert facts["protocol"] == wire.PROTOCOL
    assert facts["version"] == client.request("hello", host="x")["runicos"]


def test_an_empty_board_has_no_runes(client: Client) -> None:
    assert client.request("ps") == []


@pytest.mark.parametrize(
    ("verb", "arguments", "expected"),
    [
        ("explode", {}, (errors.UNKNOWN_VERB, ["explode"])),
        ("start", {"name": "nobody"}, (errors.NO_SUCH_RUNE, ["nobody"])),
        ("start", {}, (errors.BAD_REQUEST, ["start", "argument name missing"])),
        ("stop", {"name": 7}, (errors.BAD_REQUEST, ["stop", "argument name has a wrong value"])),
        ("ps", {"all": True}, (errors.BAD_REQUEST, ["ps", "unknown argument all"])),
        (
            "call",
            {"name": "x", "count": -1},
            (errors.BAD_REQUEST, ["call", "argument count has a wrong value"]),
        ),
        (
            "subscribe",
            {"topics": ["gossip"]},
            (errors.BAD_REQUEST, ["subscribe", "argument topics has a wrong value"]),
        ),
        ("commit", {"upload": 9}, (errors.NO_SUCH_UPLOAD, [9])),
        ("abort", {"upload": 9}, (errors.NO_SUCH_UPLOAD, [9])),
        (
            "begin",
            {"name": "../x", "size": 1, "sha256": bytes(32)},
            (errors.BAD_NAME, ["../x"]),
        ),
        (
            "begin",
            {"name": "x", "size": 1, "sha256": bytes(31)},
            (errors.BAD_REQUEST, ["begin", "argument sha256 has a wrong value"]),
        ),
    ],
)
def test_bad_requests_are_answered(
    client: Client, verb: str, arguments: dict[str, object], expected: tuple[int, list[object]]
) -> None:
    assert client.error(verb, **arguments) == expected


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff",
        b"\x82\x62ps",
        cbor2.dumps("ps"),
        cbor2.dumps(["ps"]),
        cbor2.dumps([1, {}]),
        cbor2.dumps(["ps", []]),
        b"\x9b" + b"\xff" * 8,
        b"\x81" * 500,
    ],
)
def test_requests_that_are_none_are_answered(client: Client, payload: bytes) -> None:
    client.line.write(wire.encode(wire.REQUEST, 0, 900, payload))
    with pytest.raises(BoardError) as caught:
        client.answer(900)
    assert caught.value.code == errors.BAD_REQUEST


@pytest.mark.parametrize("kind", [0, wire.RESPONSE, wire.EVENT, wire.ACK, 255])
def test_frames_that_are_not_for_a_board_are_answered(client: Client, kind: int) -> None:
    client.line.write(wire.encode(kind, 0, 901, b"x"))
    with pytest.raises(BoardError) as caught:
        client.answer(901)
    assert caught.value.code == errors.BAD_REQUEST


def test_a_damaged_frame_is_answered_with_id_zero(client: Client) -> None:
    frame = bytearray(wire.encode(wire.REQUEST, 0, 5, cbor2.dumps(["ps", {}])))
    frame[6] ^= 0x20
    client.line.write(bytes(frame))
    with pytest.raises(BoardError) as caught:
        client.answer(0)
    assert caught.value.code == errors.BAD_FRAME
    assert client.request("ps") == []


def test_a_frame_without_end_and_a_huge_one_cost_nothing(client: Client) -> None:
    before = client.request("facts")["heap_free"]
    client.line.write(bytes([wire.START]) + b"x" * 200_000)
    client.line.write(wire.encode(wire.REQUEST, 0, 77, cbor2.dumps(["ps", {}])))
    assert client.answer(77) == []
    assert client.request("facts")["heap_free"] > before - 4000


def test_messages_that_never_end_are_refused(client: Client) -> None:
    for _ in range(8):
        client.line.write(wire.encode(wire.REQUEST, wire.MORE, 902, bytes(1024)))
        time.sleep(0.02)
    with pytest.raises(BoardError) as caught:
        client.answer(902)
    assert (caught.value.code, caught.value.arguments) == (
        errors.BAD_REQUEST,
        ["frame", "message too long"],
    )
    assert client.request("ps") == []


def test_messages_that_never_end_and_hold_nothing_do_not_pile_up(client: Client) -> None:
    before = client.request("facts")["heap_free"]
    for number in range(2000, 3000):
        client.line.write(wire.encode(wire.REQUEST, wire.MORE, number, b""))
        client._take_in(0)
    assert client.request("facts")["heap_free"] > before - 4000


def test_a_request_in_many_frames_is_one_request(client: Client) -> None:
    payload = cbor2.dumps(["hello", {"host": "x" * 200}])
    for frame in wire.encode_message(wire.REQUEST, 903, payload, 20):
        client.line.write(frame)
    assert client.answer(903)["board"] == "bench-1"


def test_a_request_byte_by_byte_is_one_request(client: Client) -> None:
    for byte in wire.encode(wire.REQUEST, 0, 904, cbor2.dumps(["ps", {}])):
        client.line.write(bytes([byte]))
    assert client.answer(904) == []


def test_after_a_cut_off_frame_the_line_is_text_again(board: SimBoard) -> None:
    with board.serial() as client:
        client.line.write(bytes([wire.START]) + b"half a frame")
        time.sleep(2.0)
        client.line.write(b"\r6 * 7\r")
        client.read_text(b"42\r\n>>> ")


@pytest.mark.parametrize("part", [1, 9, 500])
def test_a_ctrl_c_behind_a_cut_off_frame_is_obeyed(board: SimBoard, part: int) -> None:
    frame = wire.encode(wire.CHUNK, 0, 1, bytes(range(256)) * 4)
    with board.serial() as client:
        client.line.write(frame[:part] + b"\r\x03\r6 * 7\r")
        # Up to the prompt: until it is there, a Ctrl-C is for what still runs.
        client.read_text(b"42\r\n>>> ")


def test_a_ctrl_c_within_a_frame_makes_nothing_of_it_run(board: SimBoard) -> None:
    frame = wire.encode(wire.CHUNK, 0, 1, b"....\rimport builtins; builtins.ran = 1\r")
    # A byte of the payload, which is not escaped.
    at = frame.index(b"....")
    with board.serial() as client:
        for noisy in (frame, frame[:-1]):
            client.line.write(noisy[:at] + b"\x03" + noisy[at + 1 :])
            assert client.request("ps") == []
        time.sleep(0.3)
        client.line.write(b"\rimport builtins; print(hasattr(builtins, 'ran'), 1)\r")
        assert b"False 1\r\n" in client.read_text(b" 1\r\n")


def test_logs_are_read_in_pages(client: Client) -> None:
    first = client.request("logs", limit=1)
    assert first["records"][0][4].startswith("RunicOS ")
    assert client.request("logs", after=first["next"])["next"] >= first["next"]


def test_more_hosts_than_it_serves_are_turned_away(board: SimBoard) -> None:
    clients = []
    turned_away = 0
    for _ in range(8):
        try:
            client = board.tcp()
            client.request("hello", host="x", timeout_s=2)
            clients.append(client)
        except (EOFError, ConnectionError):
            turned_away += 1
    for client in clients:
        client.line.close()
    assert turned_away == 4
    with board.tcp() as again:
        assert again.request("ps") == []


def test_whoever_is_turned_away_is_told_that_all_links_are_taken(board: SimBoard) -> None:
    links = [board.tcp() for _ in range(4)]
    for link in links:
        link.request("ps")
    with board.tcp() as late, pytest.raises(BoardError) as told:
        late.answer(0)
    # The serial line is a link, too.
    assert (told.value.code, told.value.arguments) == (errors.LINKS_TAKEN, [5])
    for link in links:
        link.line.close()


def test_a_host_that_never_reads_is_cut_off_and_costs_no_memory(board: SimBoard) -> None:
    with socket.create_connection(("127.0.0.1", board.tcp_port)) as deaf, board.tcp() as client:
        before = client.request("facts")["heap_free"]
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.settimeout(2)
        frame = wire.encode(wire.REQUEST, 0, 1, cbor2.dumps(["facts", {}]))
        with pytest.raises(TimeoutError):
            deaf.sendall(frame * 1_000_000)
        assert client.request("facts")["heap_free"] > before - 24_000
        deaf.settimeout(40)
        with pytest.raises(ConnectionError):
            deaf.sendall(frame * 1_000_000)


def test_garbage_does_no_harm(client: Client) -> None:
    for _ in range(100):
        # Nothing that a REPL would obey: Ctrl-D is harmless, but its reset is slow.
        client.line.write(os.urandom(1000).replace(b"\x04", b"\xc0").replace(b"\x05", b"\xc1"))
    client.line.write(bytes([wire.END]) + b"\x02\x03")
    time.sleep(0.3)
    client.line.write(wire.encode(wire.REQUEST, 0, 905, cbor2.dumps(["ps", {}])))
    assert client.answer(905) == []


def test_a_reset_starts_anew(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board:
        with board.tcp() as client:
            assert client.request("reset") == {}
        time.sleep(0.3)
        with board.serial() as client:
            assert client.request("ps") == []
            assert client.request("logs")["records"][0][0] == 1


def test_the_board_is_what_its_board_toml_says(tmp_path: Path) -> None:
    """board.toml is what `inspect` judges by when no board is there."""
    file = tmp_path / "file"
    file.write_bytes(b"x")
    sensors = ["--sound", file, "--image", file, "--accelerometer", file, "--raw", file]
    with SimBoard(tmp_path / "flash", *sensors) as board, board.tcp() as client:
        facts = client.request("facts")
    toml = tomllib.loads((ROOT / "boards" / "unix" / "board.toml").read_text())["facts"]
    for key in ("board", "chip", "provider", "abi", "protocol", "outputs", "flash_bytes"):
        assert facts[key] == toml[key], key
    assert facts["capabilities"] == toml["capabilities"]
    assert facts["heap_bytes"] <= toml["heap_bytes"]
    assert facts["rounding"] == known_boards()["unix"].facts["rounding"]


def test_what_is_free_leaves_room_for_the_code_that_runs_runes(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.tcp() as client:
        facts = client.request("facts")
        used = facts["heap_bytes"] - facts["heap_free"]
        # Pointers are 8 bytes here: a 32-bit board takes about half.
        toml = tomllib.loads((ROOT / "boards" / "unix" / "board.toml").read_text())
        assert used < toml["budgets"]["runicos_loaded_bytes"]
