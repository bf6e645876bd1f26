"""The store: uploads that are cut off, resumed, damaged, too large; kills at any moment."""

import contextlib
import random
import time
from hashlib import sha256
from pathlib import Path

import pytest

from runicos.contract import errors
from tests.device import runes
from tests.device.flash_files import body, content, files, put
from tests.device.runes import stock
from tests.device.sim_board import BoardError, Client, SimBoard
from tests.signing import signed, unsigned

GOOD = stock("sine")


def begin(client: Client, name: str, data: bytes) -> dict[str, int]:
    return client.request("begin", name=name, size=len(data), sha256=sha256(data).digest())


def test_an_upload_is_whole_on_flash(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.tcp() as client:
        assert client.upload("sine", GOOD) == 0
        assert content(tmp_path, "sine") == GOOD
        assert files(tmp_path) == {"sine.rune", "*.body"}


@pytest.mark.parametrize("line", ["tcp", "serial"])
def test_a_link_that_dies_resumes_where_it_stopped(tmp_path: Path, line: str) -> None:
    with SimBoard(tmp_path) as board:
        with getattr(board, line)() as client:
            client.upload("sine", GOOD, stop_at=2040)
        with getattr(board, line)() as client:
            assert client.upload("sine", GOOD) == 2040
        assert content(tmp_path, "sine") == GOOD


def test_an_upload_resumes_after_a_power_cut(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.tcp() as client:
        client.upload("sine", GOOD, stop_at=3060)
    with SimBoard(tmp_path) as board, board.tcp() as client:
        assert client.upload("sine", GOOD) == 3060
    assert files(tmp_path) == {"sine.rune", "*.body"}


def test_another_upload_replaces_a_part(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board:
        with board.tcp() as client:
            client.upload("sine", GOOD, stop_at=2040)
        with board.tcp() as client:
            assert client.upload("sine_int8", stock("sine_int8")) == 0
        assert files(tmp_path) == {"sine_int8.rune", "*.body"}


def test_two_uploads_at_once_are_one_too_many(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.tcp() as one, board.serial() as two:
        begun = begin(one, "sine", GOOD)
        expected = (errors.BUSY, ["the upload of sine"])
        data = stock("sine_int8")
        arguments = {"name": "other", "size": len(data), "sha256": sha256(data).digest()}
        assert two.error("begin", **arguments) == expected
        with pytest.raises(BoardError) as caught:
            two.send_chunk(begun["upload"], 0, b"x")
        assert caught.value.code == errors.NO_SUCH_UPLOAD
        assert one.upload("sine", GOOD) == 0
        two.upload("sine_int8", data)
        assert files(tmp_path) == {"sine.rune", "sine_int8.rune", "*.body"}


def test_chunks_out_of_order_are_asked_for_again(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.tcp() as client:
        begun = begin(client, "sine", GOOD)
        upload = begun["upload"]
        assert client.send_chunk(upload, 0, GOOD[:100]) == 100
        assert client.send_chunk(upload, 200, GOOD[200:300]) == 100
        assert client.send_chunk(upload, 0, GOOD[:100]) == 100
        assert client.send_chunk(upload, 100, b"x" * 1016) == 1116
        assert client.send_chunk(upload, 1116, bytes(len(GOOD))[:1016]) == 2132
        # Beyond the end of what was announced.
        assert client.send_chunk(upload, 2**32 - 1, b"y") == 2132
        code, arguments = client.error("commit", upload=upload)
        assert (code, arguments) == (errors.UPLOAD_INCOMPLETE, [2132, len(GOOD)])
        client.request("abort", upload=upload)
        assert files(tmp_path) == set()


def test_damaged_content_is_refused_and_the_old_rune_stays(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.tcp() as client:
        client.upload("sine", GOOD)
        client.request("start", name="sine", period_ms=0)
        begun = client.request("begin", name="sine", size=4, sha256=bytes(32))
        client.send_chunk(begun["upload"], 0, b"evil")
        code, arguments = client.error("commit", upload=begun["upload"])
        assert code == errors.HASH_MISMATCH
        assert arguments[0] == sha256(b"evil").hexdigest()
        client.request("call", name="sine")
        assert content(tmp_path, "sine") == GOOD
        assert files(tmp_path) == {"sine.rune", "sine.state", "*.body"}


def test_a_file_that_is_no_rune_never_replaces_one(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.tcp() as client:
        client.upload("sine", GOOD)
        with pytest.raises(BoardError) as caught:
            client.upload("sine", b"\0asm\2\0\0\0" * 100)
        assert (caught.value.code, caught.value.arguments) == (errors.NOT_WASM, [4])
        assert content(tmp_path, "sine") == GOOD
        other = runes.with_manifest(GOOD, name="cosine")
        with pytest.raises(BoardError) as caught:
            client.upload("sine", other)
        assert caught.value.code == errors.BAD_MANIFEST
        assert content(tmp_path, "sine") == GOOD


def test_flash_that_is_too_small_says_by_how_much(tmp_path: Path) -> None:
    with SimBoard(tmp_path, "--flash-bytes", "6000") as board, board.tcp() as client:
        client.upload("sine", GOOD)
        size = len(stock("sine_int8"))
        used = [(tmp_path / "runes" / name).stat().st_size for name in ("sine.rune", "keys")]
        free = 6000 - len(GOOD) - sum(used)
        assert client.request("facts")["flash_free"] == free
        arguments = {"name": "sine_int8", "size": size, "sha256": bytes(32)}
        assert client.error("begin", **arguments) == (errors.FLASH_FULL, [free, size])


def test_flash_that_gets_full_under_way_keeps_the_old_version_and_resumes(tmp_path: Path) -> None:
    newer = runes.with_manifest(GOOD, release="0.2.0")
    with SimBoard(tmp_path) as board, board.tcp() as client:
        client.upload("sine", GOOD)
        # Every write to /dev/full says that the device has no space left.
        (tmp_path / "runes" / "upload.part").symlink_to("/dev/full")
        upload = begin(client, "sine", newer)["upload"]
        with pytest.raises(BoardError) as caught:
            client.send_chunk(upload, 0, newer[:1000])
        free = client.request("facts")["flash_free"]
        assert caught.value.code == errors.FLASH_FULL
        assert caught.value.arguments == [free, 1000]
        assert content(tmp_path, "sine") == GOOD
        client.request("abort", upload=upload)
        client.upload("sine", newer)
        assert content(tmp_path, "sine") == newer


def test_a_decision_that_cannot_be_kept_is_answered_as_full_flash(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.tcp() as client:
        client.upload("sine", GOOD)
        (tmp_path / "runes" / "sine.state.new").symlink_to("/dev/full")
        assert client.error("start", name="sine")[0] == errors.FLASH_FULL


def test_a_full_flash_stops_no_rune_that_runs(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.tcp() as client:
        client.upload("sine", GOOD)
        client.request("start", name="sine", period_ms=200)
        fill_flash(tmp_path / "runes" / "sine.state.new")
        time.sleep(0.6)
        (row,) = client.request("ps")
        assert (row["state"], row["failures"]) == ("running", 0)
        assert row["calls"] > 0


def fill_flash(path: Path) -> None:
    """Let every write of that file say that there is no space, as soon as nobody writes it."""
    for _ in range(1000):
        with contextlib.suppress(FileExistsError):
            path.symlink_to("/dev/full")
            return
        time.sleep(0.002)
    raise AssertionError(f"{path} is always there")


def test_flash_that_holds_more_than_there_is_takes_nothing(tmp_path: Path) -> None:
    put(tmp_path, "sine", GOOD)
    with SimBoard(tmp_path, "--flash-bytes", "1000") as board, board.tcp() as client:
        assert client.request("facts")["flash_free"] == 0
        arguments = {"name": "other", "size": 1, "sha256": bytes(32)}
        assert client.error("begin", **arguments) == (errors.FLASH_FULL, [0, 1])


def test_garbage_on_flash_is_cleaned_at_power_on(tmp_path: Path) -> None:
    (tmp_path / "runes").mkdir()
    (tmp_path / "runes" / "sine.state.new").write_bytes(b"half")
    (tmp_path / "runes" / "upload.part").write_bytes(b"x" * 1000)
    with SimBoard(tmp_path) as board, board.tcp() as client:
        assert client.request("ps") == []
    assert files(tmp_path) == set()


def test_a_rune_that_rotted_on_flash_fails_alone(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.tcp() as client:
        for name in ("sine", "sine_int8"):
            client.upload(name, stock(name))
        client.request("start", name="sine", period_ms=50)
    rotten = bytearray(content(tmp_path, "sine_int8"))
    rotten[rotten.index(b"TFL3") + 100] ^= 0x10
    body(tmp_path, "sine_int8").write_bytes(rotten)
    (tmp_path / "runes" / "sine.state").write_bytes(
        (tmp_path / "runes" / "sine.state").read_bytes()[:-1]
    )
    with SimBoard(tmp_path) as board, board.tcp() as client:
        rows = {row["name"]: row for row in client.request("ps")}
        assert rows["sine_int8"]["state"] == "failed"
        assert rows["sine"]["state"] == "received"


def test_a_300_kb_rune_runs_in_place(tmp_path: Path) -> None:
    filling = random.Random(2).randbytes(300_000)
    data = signed(unsigned(GOOD) + runes.custom("filling", filling))
    with SimBoard(tmp_path) as board, board.tcp() as client:
        client.request("hello", host="test")
        before = client.request("facts")["heap_free"]
        upload_windowed(client, "sine", data)
        client.request("start", name="sine", period_ms=0)
        client.request("call", name="sine")
        assert client.request("facts")["heap_free"] > before - 40_000


def upload_windowed(client: Client, name: str, data: bytes, timeout_s: float = 10) -> None:
    """Send with several chunks on the way, as runicd does."""
    from runicos.contract import wire

    greeting = client.request("hello", host="test")
    size, window = greeting["chunk_max"], greeting["window"]
    upload = begin(client, name, data)["upload"]
    acked = sent = 0
    while acked < len(data):
        while sent < len(data) and sent - acked < window:
            payload = sent.to_bytes(4, "little") + data[sent : sent + size]
            client.line.write(wire.encode(wire.CHUNK, 0, upload, payload))
            sent += size
        _, payload = client._wait((wire.ACK,), upload, timeout_s)
        acked = int.from_bytes(payload, "little")
    client.request("commit", upload=upload)
