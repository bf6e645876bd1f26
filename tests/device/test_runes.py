"""Runes on the board: cast, started, called, stopped, several at once, after a reset."""

import json
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cbor2
import pytest

from runicos.contract import errors, wire
from tests.device import runes
from tests.device.rows import goes_on, row, until
from tests.device.runes import EMPTY_MANIFEST, assembled, stock
from tests.device.sim_board import BoardError, Client, SimBoard

SENSORS = [
    *("--sound", runes.sample("microspeech", "up_f3.wav")),
    *("--sound", runes.sample("microspeech", "yes_m3.wav")),
    *("--raw", runes.sample("sine_int8", "turn_0.25.raw")),
]

TRAPPING = assembled(
    "trapping",
    EMPTY_MANIFEST
    + """(global $n (mut i32) (i32.const 0))
    (func (export "_call") (param i32 i32 i32) (result i32)
      global.get $n  i32.const 1  i32.add  global.set $n
      global.get $n  i32.const 3  i32.eq  if unreachable end  i32.const 0)""",
)


@pytest.fixture
def board(tmp_path: Path) -> Iterator[SimBoard]:
    with SimBoard(tmp_path / "flash", *SENSORS) as board:
        yield board


def cast(client: Client, name: str, data: bytes, **arguments: Any) -> dict[str, Any]:
    client.upload(name, data)
    return client.request("start", name=name, **arguments)


def outputs(client: Client, name: str, count: int) -> list[Any]:
    """What `count` calls put out."""
    client.request("subscribe", topics=["out"], name=name)
    assert client.request("call", name=name, count=count) == {"calls": count}
    found = []
    for topic, (rune, _channel, kind, sequence, payload) in client.wait_events(count):
        assert (topic, rune, kind) == ("out", name, "SERIAL")
        found.append((sequence, json.loads(payload)))
    client.request("unsubscribe")
    return found


def test_a_rune_is_cast_tested_and_called(client: Client) -> None:
    started = cast(client, "microspeech", stock("microspeech"), period_ms=0)
    assert started == {"granted": ["SERIAL", "SOUND"], "self_test": "passed", "trial": 2}
    found = outputs(client, "microspeech", 4)
    assert [record["elements"][0] for _, record in found] == ["up", "yes", "up", "yes"]
    assert [sequence for sequence, _ in found] == [0, 1, 2, 3]
    assert found[0][1]["channel"] == 3


def test_every_output_of_many_calls_reaches_a_reader(client: Client) -> None:
    cast(client, "sine", stock("sine"), period_ms=0)
    found = outputs(client, "sine", 500)
    assert [sequence for sequence, _ in found] == list(range(500))
    assert client.request("stats", name="sine")["dropped"] == 0


def test_ps_and_stats_tell_what_it_did(client: Client) -> None:
    cast(client, "sine_int8", stock("sine_int8"), period_ms=0)
    client.request("call", name="sine_int8", count=50)
    line = row(client, "sine_int8")
    assert (line["state"], line["calls"], line["failures"]) == ("waiting", 50, 0)
    assert line["sha256"] == runes.digest(stock("sine_int8"))
    assert line["release"] == runes.manifest_of(stock("sine_int8"))["release"]
    stats = client.request("stats", name="sine_int8")
    assert stats["stages"][0]["kind"] == "capability"
    # Of short runs some are timed.
    assert all(stage["calls"] >= 1 for stage in stats["stages"])
    assert stats["heap"]["used"] > stats["heap"]["wasm3"] > 0


def test_each_stage_says_the_memory_it_keeps(client: Client) -> None:
    cast(client, "microspeech", stock("microspeech"), period_ms=0)
    stats = client.request("stats", name="microspeech")
    kept = {stage["name"]: stage["ram_bytes"] for stage in stats["stages"]}
    (model,) = runes.manifest_of(stock("microspeech"))["models"]
    assert model["arena_bytes"] + model["table_bytes"] <= kept["model"]
    assert min(kept.values()) > 0
    assert sum(kept.values()) < stats["memory"]["ram_bytes"]


def test_periods_are_kept_side_by_side(client: Client) -> None:
    begun = time.monotonic()
    cast(client, "sine_int8", stock("sine_int8"), period_ms=100)
    cast(client, "sine", stock("sine"), period_ms=50)
    slow = until(client, "sine_int8", lambda found: found["calls"] >= 10)
    fast = row(client, "sine")
    assert fast["state"] == slow["state"] == "running"
    assert fast["calls"] > slow["calls"]
    # No sooner than its period, however late a loaded machine lets it be.
    passed_ms = (time.monotonic() - begun) * 1000
    assert slow["calls"] <= passed_ms / 100 + 1
    assert fast["calls"] <= passed_ms / 50 + 1


def test_the_manifests_period_is_the_default(client: Client) -> None:
    cast(client, "sine", stock("sine"))
    assert row(client, "sine")["period_ms"] == runes.manifest_of(stock("sine"))["period_ms"]


def test_stop_start_and_rm(client: Client) -> None:
    cast(client, "sine", stock("sine"), period_ms=10)
    client.request("stop", name="sine")
    before = row(client, "sine")
    time.sleep(0.1)
    assert row(client, "sine") == before
    assert before["state"] == "stopped"
    expected = (errors.NOT_RUNNING, ["sine", "stopped", "sine"])
    assert client.error("call", name="sine") == expected
    client.request("start", name="sine", period_ms=0)
    client.request("call", name="sine")
    flash_before = client.request("facts")["flash_free"]
    client.request("rm", name="sine")
    assert client.request("ps") == []
    assert client.request("facts")["flash_free"] > flash_before


def test_what_ran_runs_again_after_a_power_cut(tmp_path: Path) -> None:
    with SimBoard(tmp_path, *SENSORS) as board, board.tcp() as client:
        cast(client, "sine", stock("sine"), period_ms=20)
        cast(client, "sine_int8", stock("sine_int8"), period_ms=0)
        client.request("stop", name="sine_int8")
    with SimBoard(tmp_path, *SENSORS) as board, board.tcp() as client:
        assert goes_on(client, "sine")["state"] == "running"
        assert row(client, "sine_int8")["state"] == "received"


def test_what_ran_runs_again_after_each_reset_on_the_same_port(board: SimBoard) -> None:
    with board.tcp() as client:
        cast(client, "sine", stock("sine"), period_ms=20)
        cast(client, "sine_int8", stock("sine_int8"), period_ms=0)
        free = client.request("facts")["heap_free"]
    for _ in range(3):
        with board.tcp() as client:
            client.request("reset")
            with pytest.raises((EOFError, ConnectionError)):
                client.request("ps")
        with board.serial() as serial:
            serial.request("ps")  # answered when it serves again
        with board.tcp() as client:
            goes_on(client, "sine")
            assert row(client, "sine_int8")["state"] == "waiting"
            assert client.request("facts")["heap_free"] > free - 2000


def test_a_new_version_replaces_the_old_one(client: Client) -> None:
    cast(client, "sine", stock("sine"), period_ms=10)
    newer = runes.with_manifest(stock("sine"), release="9.9.9")
    cast(client, "sine", newer, period_ms=0)
    line = row(client, "sine")
    assert (line["release"], line["calls"], line["state"]) == ("9.9.9", 0, "waiting")
    assert len(client.request("ps")) == 1


def test_casting_again_and_again_leaks_nothing(client: Client) -> None:
    free = []
    for _ in range(30):
        cast(client, "sine", stock("sine"), period_ms=0)
        client.request("call", name="sine", count=3)
        client.request("rm", name="sine")
        free.append(client.request("facts")["heap_free"])
    assert min(free[5:]) > free[4] - 1000


def test_casting_over_running_runes_does_not_break_the_heap_into_pieces(client: Client) -> None:
    """Pieces of 40 KB are needed: garbage among what lives long must not prevent them."""
    client.request("subscribe", topics=["out", "log", "state"])
    for _ in range(15):
        for name, period_ms in (("sine", 20), ("microspeech", 200), ("sine_int8", 30)):
            cast(client, name, stock(name), period_ms=period_ms)
    assert {line["state"] for line in client.request("ps")} == {"running"}


def test_a_trap_stops_that_rune_alone(client: Client) -> None:
    cast(client, "sine", stock("sine"), period_ms=20)
    cast(client, "trapping", TRAPPING, period_ms=20)
    client.request("subscribe", topics=["state", "log"])
    (told,) = [event for event in client.wait_events(3) if event[0] == "state"]
    assert told[1][:2] == ["trapping", "backing off"]
    line = row(client, "trapping")
    assert line["state"] == "backing off"
    assert line["failures"] == 1
    code, (what, call_number) = line["last_error"]
    assert (code, call_number) == (errors.TRAP, 3)
    assert "unreachable" in what
    goes_on(client, "sine")
    texts = [record[4] for record in client.request("logs", name="trapping")["records"]]
    assert any("unreachable" in text for text in texts)
    client.request("start", name="trapping", period_ms=0)
    assert row(client, "trapping")["last_error"] is None


def test_a_trap_in_a_requested_call_answers_the_request(client: Client) -> None:
    cast(client, "trapping", TRAPPING)
    code, arguments = client.error("call", name="trapping", count=10)
    assert (code, arguments[1]) == (errors.TRAP, 3)
    assert row(client, "trapping")["state"] == "failed"


def test_a_rune_takes_no_more_memory_than_admission_counts(tmp_path: Path) -> None:
    picture = tmp_path / "a.pgm"
    picture.write_bytes(b"P5 8 8 255\n" + bytes(64))
    more = ["--image", picture, "--accelerometer", runes.sample("sine_int8", "turn_0.raw")]
    with SimBoard(tmp_path / "flash", *SENSORS, *more) as board, board.tcp() as client:
        # The first start loads the container's own code, which is not the Rune's to pay.
        cast(client, "sine", stock("sine"), period_ms=0)
        client.request("rm", name="sine")
        for name in ("sine", "sine_int8", "digits", "gesture", "microspeech"):
            client.upload(name, stock(name))
            before = client.request("facts")["heap_free"]
            client.request("start", name=name, period_ms=0)
            taken = before - client.request("facts")["heap_free"]
            counted = client.request("stats", name=name)["ram_bytes"]
            print(f"ram_{name} {taken} bytes, counted {counted}")
            assert counted - 10_000 < taken <= counted
            client.request("rm", name=name)


def test_stopping_a_rune_answers_the_calls_that_are_asked_for(
    board: SimBoard, client: Client
) -> None:
    cast(client, "sine", stock("sine"), period_ms=0)
    for request_id in (5001, 5002):
        request = cbor2.dumps(["call", {"name": "sine", "count": 1_000_000_000}])
        client.line.write(wire.encode(wire.REQUEST, 0, request_id, request))
    with board.tcp() as other:
        other.request("stop", name="sine")
    for request_id in (5001, 5002):
        with pytest.raises(BoardError) as caught:
            client.answer(request_id)
        assert caught.value.code == errors.NOT_RUNNING


def test_a_rune_that_fails_answers_all_that_asked_for_calls(client: Client) -> None:
    cast(client, "trapping", TRAPPING)
    frames = b""
    for request_id in (5001, 5002):
        request = cbor2.dumps(["call", {"name": "trapping", "count": 10}])
        frames += wire.encode(wire.REQUEST, 0, request_id, request)
    client.line.write(frames)
    for request_id in (5001, 5002):
        with pytest.raises(BoardError) as caught:
            client.answer(request_id)
        assert caught.value.code == errors.TRAP


def test_all_reasons_against_are_given(client: Client) -> None:
    data = stock("gesture")
    fields = runes.manifest_of(data)
    fields["outputs"][0]["kind"] = "PIN"
    client.upload("gesture", runes.with_manifest(data, outputs=fields["outputs"], abi="7"))
    code, reasons = client.error("start", name="gesture")
    assert code == errors.REFUSED
    wanted = {errors.ABI_UNKNOWN, errors.NO_CAPABILITY, errors.NO_OUTPUT}
    assert {reason[0] for reason in reasons} == wanted


def test_with_once_the_end_of_the_data_stops_the_rune(tmp_path: Path) -> None:
    with SimBoard(tmp_path, *SENSORS, "--once") as board, board.tcp() as client:
        cast(client, "microspeech", stock("microspeech"), period_ms=0)
        client.request("subscribe", topics=["out"])
        assert client.error("call", name="microspeech", count=9) == (errors.SOURCE_END, ["SOUND"])
        words = [json.loads(event[1][4])["elements"][0] for event in client.wait_events(2)]
        assert words == ["up", "yes"]
        assert row(client, "microspeech")["state"] == "stopped"


def test_a_driver_that_fails_stops_the_rune_with_its_name(tmp_path: Path) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF\0\0\0\0WAVEnonsense")
    with SimBoard(tmp_path / "f", "--sound", broken) as board, board.tcp() as client:
        cast(client, "microspeech", stock("microspeech"), period_ms=0)
        code, arguments = client.error("call", name="microspeech")
        assert code == errors.CAPABILITY_FAILED
        assert arguments == ["audio", "WAV file without data"]
        assert row(client, "microspeech")["last_error"] == [code, arguments]


def test_a_million_calls_do_not_stop_the_service(board: SimBoard, client: Client) -> None:
    cast(client, "sine", stock("sine"), period_ms=0)
    payload_id = 4000
    request = cbor2.dumps(["call", {"name": "sine", "count": 1_000_000}])
    client.line.write(wire.encode(wire.REQUEST, 0, payload_id, request))
    with board.tcp() as other:
        made = [other.request("ps")[0]["calls"] for _ in range(20)]
    assert made[0] < made[-1] < 1_000_000
    assert client.answer(payload_id, timeout_s=60) == {"calls": 1_000_000}


def test_an_output_of_another_kind_is_a_mismatch(client: Client) -> None:
    data = stock("sine")
    fields = runes.manifest_of(data)
    # The sine Rune asks for SERIAL in `_manifest()`: another kind is a mismatch.
    changed = [fields["outputs"][0] | {"kind": "TENSOR"}]
    client.upload("sine", runes.with_manifest(data, outputs=changed))
    expected = (errors.MANIFEST_MISMATCH, ["output SERIAL", "output TENSOR"])
    assert client.error("start", name="sine") == expected


def test_raw_floats_go_through(tmp_path: Path) -> None:
    raw = tmp_path / "turns.raw"
    raw.write_bytes(struct.pack("<4f", 0.0, 0.25, 0.5, 0.75))
    with SimBoard(tmp_path / "f", "--raw", raw) as board, board.tcp() as client:
        cast(client, "sine_int8", stock("sine_int8"), period_ms=0)
        found = [record["elements"][0] for _, record in outputs(client, "sine_int8", 4)]
    assert found == pytest.approx([0, 1, 0, -1], abs=0.05)
