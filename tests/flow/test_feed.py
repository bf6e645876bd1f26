"""Recordings that are fed over the link: what the sensors of a board then read."""

import json
import os
import struct
import wave
from binascii import a2b_base64
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import runicd
from runicd.cast.preflight import board_facts
from runicd.client import Client
from runicd.errors import BoardError, InputError
from runicd.feed import clear, feed_sources
from runicd.install.repl import open_repl
from runicd.sim import boards as sim
from runicd.sim.sensors import Sources
from runicd.types import Rune
from runicos.contract import errors as codes
from tests.conftest import Command

RAW = """
version: 1
image: runicos/base
pipeline:
  in:
    capability: RAW
    outputs: [{type: u8, dimensions: [4]}]
  out:
    out: SERIAL
    inputs: [in]
"""


@pytest.fixture
def board(state_folder: Path) -> Iterator[runicd.Simulator]:
    with runicd.Simulator() as board:
        yield board


@pytest.fixture
def client(board: runicd.Simulator) -> Client:
    return board._client


def fed(board: runicd.Simulator, kind: str) -> dict[str, bytes]:
    """Return what lies on the board's flash for a kind of sensor, by name."""
    folder = f"/sensors/{kind}"
    code = f"""
import binascii, json, os
names = [entry[0] for entry in os.ilistdir({folder!r})]
paths = [{folder!r} + "/" + name for name in names]
print(json.dumps([[n, binascii.b2a_base64(open(p, "rb").read())] for n, p in zip(names, paths)]))
"""
    return {name: a2b_base64(text) for name, text in at_repl(board, code)}


def at_repl(board: runicd.Simulator, code: str) -> Any:
    with board.free_port() as port, open_repl(port) as repl:
        return repl.ask(code)


def sensors(client: Client) -> set[str]:
    return set(board_facts(client)["capabilities"])


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def raw_rune(folder: Path) -> Rune:
    (folder / "Runefile.yml").write_text(RAW)
    return runicd.build(folder, name="raw")


def values(board: runicd.Simulator, count: int) -> list[list[int]]:
    return [board.call("raw").value for _ in range(count)]


def test_sensors_appear_as_they_are_fed_and_survive_a_reset(
    board: runicd.Simulator, client: Client, tmp_path: Path
) -> None:
    assert sensors(client) == {"RAND"}
    data = os.urandom(10_000)
    sources = Sources(raw=(write(tmp_path / "a b.raw", data),))
    told: list[tuple[int, int]] = []
    (got,) = feed_sources(client, sources, progress=lambda done, total: told.append((done, total)))
    assert (got.kind, got.files, got.bytes) == ("RAW", 1, 10_000)
    assert told[-1] == (10_000, 10_000)
    assert [done for done, _ in told] == [0, 2048, 4096, 6144, 8192, 10_000]
    assert sensors(client) == {"RAND", "RAW"}
    assert fed(board, "RAW") == {"0000-a_b.raw": data}
    board.restart()
    assert sensors(client) == {"RAND", "RAW"}


def test_a_rune_reads_what_was_fed_and_starts_over(
    board: runicd.Simulator, client: Client, tmp_path: Path
) -> None:
    files = write(tmp_path / "1.raw", b"\1\2\3\4\5"), write(tmp_path / "0.raw", b"\6\7\x08\x09")
    feed_sources(client, Sources(raw=files))
    board.cast(raw_rune(tmp_path), period_ms=0)
    assert values(board, 4) == [[1, 2, 3, 4], [5, 0, 0, 0], [6, 7, 8, 9], [1, 2, 3, 4]]


def test_once_ends(board: runicd.Simulator, client: Client, tmp_path: Path) -> None:
    feed_sources(client, Sources(raw=(write(tmp_path / "a", b"\1\2\3\4"),)), once=True)
    board.cast(raw_rune(tmp_path), period_ms=0)
    assert values(board, 1) == [[1, 2, 3, 4]]
    with pytest.raises(BoardError) as ended:
        board.call("raw")
    assert ended.value.code == codes.SOURCE_END


def test_a_running_rune_goes_on_with_what_is_fed_later(
    board: runicd.Simulator, client: Client, tmp_path: Path
) -> None:
    old, new = write(tmp_path / "old", b"\1" * 40), write(tmp_path / "new", b"\2" * 40)
    feed_sources(client, Sources(raw=(old,)))
    board.cast(raw_rune(tmp_path), period_ms=0)
    assert values(board, 2) == [[1] * 4] * 2
    feed_sources(client, Sources(raw=(new,)))
    assert values(board, 11) == [[2] * 4] * 11
    assert list(fed(board, "RAW")) == ["0000-new"]
    clear(client, ["RAW"])
    with pytest.raises(BoardError) as ended:
        board.call("raw")
    assert ended.value.code == codes.SOURCE_END
    assert sensors(client) == {"RAND"}


def test_clear_brings_back_what_the_board_was_started_with(
    state_folder: Path, tmp_path: Path
) -> None:
    old, new = write(tmp_path / "old", b"\1\1\1\1"), write(tmp_path / "new", b"\2\2\2\2")
    with runicd.Simulator(raw=old, board="unix") as board:
        board.feed(raw=new)
        board.cast(raw_rune(tmp_path), period_ms=0)
        assert values(board, 1) == [[2] * 4]
        board.feed(clear=True)
        assert values(board, 1) == [[1] * 4]


def test_every_kind_of_file_is_converted_as_for_the_simulator(
    client: Client, board: runicd.Simulator, tmp_path: Path
) -> None:
    with wave.open(str(tmp_path / "a.wav"), "wb") as sound:
        sound.setparams((2, 1, 8000, 0, "NONE", ""))
        sound.writeframes(bytes([0, 255] * 100))
    Image.new("RGB", (4, 3), (1, 2, 3)).save(tmp_path / "a.png")
    (tmp_path / "a.csv").write_text("x,y,z\n1,2,3\n")
    sources = Sources(
        (tmp_path / "a.wav",), (tmp_path / "a.png",), (tmp_path / "a.csv",), (tmp_path / "a.csv",)
    )
    assert [entry.kind for entry in feed_sources(client, sources)] == [
        "SOUND",
        "IMAGE",
        "ACCEL",
        "RAW",
    ]
    assert sensors(client) == {"RAND", "SOUND", "IMAGE", "ACCEL", "RAW"}
    (picture,) = fed(board, "IMAGE").values()
    assert picture[:15] == b"P6\n4 3\n255\n\1\2\3\1"
    assert list(fed(board, "ACCEL").values()) == [struct.pack("<3f", 1, 2, 3)]
    (content,) = fed(board, "SOUND").values()
    with wave.open(BytesIO(content)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getnframes()) == (1, 2, 100)


def test_too_little_flash_is_told_before_a_byte_is_sent(
    board: runicd.Simulator, client: Client, tmp_path: Path
) -> None:
    feed_sources(client, Sources(raw=(write(tmp_path / "a", bytes(1000)),)))
    big = write(tmp_path / "big", bytes(16 << 20))
    with pytest.raises(BoardError) as refused:
        feed_sources(client, Sources(raw=(big,)))
    assert refused.value.code == codes.FEED_SHORT
    short, needed, free = map(int, refused.value.arguments)
    assert needed == short + free == 16 << 20
    assert 1 << 20 < free < 8 << 20
    assert f"short by {short} bytes of flash" in str(refused.value)
    # What was there is there still.
    assert fed(board, "RAW") == {"0000-a": bytes(1000)}
    assert client.request("ps") == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"kind": "RAND", "size": 1}, codes.NO_CAPABILITY),
        ({"kind": "../runes", "clear": True}, codes.NO_CAPABILITY),
        ({"kind": "../runes"}, codes.NO_CAPABILITY),
        ({"kind": "RAW"}, codes.BAD_REQUEST),
        ({"kind": "RAW", "file": "a", "data": b"x"}, codes.BAD_REQUEST),
        ({"kind": "RAW", "size": -1}, codes.BAD_REQUEST),
        ({"kind": "RAW", "file": 7}, codes.BAD_REQUEST),
        ({"kind": "RAW", "file": "a", "data": "text"}, codes.BAD_REQUEST),
        ({}, codes.BAD_REQUEST),
    ],
)
def test_a_wrong_request_changes_nothing(
    client: Client, arguments: dict[str, object], code: int
) -> None:
    with pytest.raises(BoardError) as refused:
        client.request("feed", arguments)
    assert refused.value.code == code
    assert sensors(client) == {"RAND"}


@pytest.mark.parametrize("name", ["", ".once", "../x", "a/b", "a b", "é", "x" * 65])
def test_a_file_of_a_wrong_name_is_refused(client: Client, name: str) -> None:
    client.request("feed", {"kind": "RAW", "size": 1})
    with pytest.raises(BoardError) as refused:
        client.request("feed", {"kind": "RAW", "file": name, "data": b"x"})
    assert refused.value.code == codes.BAD_REQUEST


def test_a_piece_out_of_order_is_told_where_to_go_on(client: Client) -> None:
    client.request("feed", {"kind": "RAW", "size": 10})
    piece = {"kind": "RAW", "file": "a", "offset": 0, "data": b"abc"}
    assert client.request("feed", piece) == {"size": 3}
    for offset in (0, 2, 4):
        with pytest.raises(BoardError) as refused:
            client.request("feed", piece | {"offset": offset})
        assert refused.value.code == codes.FEED_ORDER
        assert refused.value.arguments == ("a", 3)
    assert client.request("feed", piece | {"offset": 3}) == {"size": 6}


def test_what_was_not_finished_is_not_read_and_goes_with_the_next(
    board: runicd.Simulator, client: Client, tmp_path: Path
) -> None:
    client.request("feed", {"kind": "RAW", "size": 10})
    client.request("feed", {"kind": "RAW", "file": "a", "data": b"abc"})
    assert sensors(client) == {"RAND"}
    feed_sources(client, Sources(raw=(write(tmp_path / "b", b"x"),)))
    assert list(fed(board, "RAW")) == ["0000-b"]


def test_power_cut_between_the_two_renames_leaves_the_old_files(
    board: runicd.Simulator, client: Client, tmp_path: Path
) -> None:
    feed_sources(client, Sources(raw=(write(tmp_path / "a", b"x"),)))
    cut = "os.rename('/sensors/RAW', '/sensors/RAW.old')\nos.mkdir('/sensors/RAW.new')"
    at_repl(board, f"import os\n{cut}\nprint(0)")
    board.restart()
    assert sensors(client) == {"RAND", "RAW"}
    assert fed(board, "RAW") == {"0000-a": b"x"}


def test_the_command_feeds_and_clears(command: Command, tmp_path: Path) -> None:
    assert command("sim", "up").code == 0
    write(tmp_path / "a.raw", b"abc")
    fed = command("feed", "--raw", "a.raw", "--once")
    assert (fed.code, fed.out) == (0, "RAW: 1 file, 3 bytes\n")
    assert fed.err == "Feeding: 0 of 3 bytes\n"
    told = command("feed", "--raw", "a.raw", "--json")
    assert json.loads(told.out) == [{"kind": "RAW", "files": 1, "bytes": 3}]
    assert command("feed", "--raw", "a.raw", "-q").err == ""
    cleared = command("feed", "--clear")
    assert (cleared.code, cleared.out) == (0, "What was fed is removed.\n")
    nothing = command("feed")
    assert nothing.code == 2
    assert "there is nothing to feed" in nothing.err
    missing = command("feed", "--sound", "none.wav")
    assert missing.code == 1
    assert "no such file" in missing.err


def test_bad_files_are_refused_before_the_board_is_asked(client: Client, tmp_path: Path) -> None:
    bad = write(tmp_path / "a.wav", b"no sound")
    with pytest.raises(InputError):
        feed_sources(client, Sources(sound=(bad,)))
    assert sensors(client) == {"RAND"}


def test_a_board_that_restarts_while_it_is_fed_loses_no_byte(
    board: runicd.Simulator, client: Client, tmp_path: Path
) -> None:
    data = os.urandom(40_000)
    cut = []

    def pull(done: int, total: int) -> None:
        if not cut and done > total // 2:
            cut.append(done)
            sim.restart(sim.find(board.id))

    feed_sources(client, Sources(raw=(write(tmp_path / "a", data),)), progress=pull)
    assert cut
    assert fed(board, "RAW") == {"0000-a": data}
