"""The journal of an emulated board outlives what restarts it, and not what cuts its power."""

import time
from collections.abc import Iterator

import pytest

from runicd.client import Client
from runicd.errors import TargetError
from runicd.sim import boards, firmware
from tests.boards.emulated import EmulatedBoard


@pytest.fixture(scope="module")
def fragile(kind: str) -> Iterator[EmulatedBoard]:
    """Return a board that crashes when it is asked to."""
    started = EmulatedBoard.start(firmware.find(kind), "faults=1")
    yield started
    boards.stop(started.board)


def log_of(client: Client) -> list[list[object]]:
    """Return the whole log, oldest first."""
    records: list[list[object]] = []
    after = 0
    while True:
        answer = client.request("logs", {"after": after})
        records += answer["records"]
        if answer["next"] == after:
            return records
        after = answer["next"]


def boots(client: Client) -> list[tuple[object, str]]:
    """Return the number of each boot in the log, and its cause."""
    said = [(record[5], str(record[4])) for record in log_of(client)]
    return [(boot, text.partition(": ")[2]) for boot, text in said if text.startswith("RunicOS")]


def reset(board: EmulatedBoard) -> Client:
    with board.client() as client:
        before = client.request("health")["journal"]["boot"]
        client.request("reset")
    # What answers may still be the board before its reset.
    for _ in range(20):
        client = board.client()
        try:
            if client.request("health")["journal"]["boot"] > before:
                return client
        except TargetError:
            time.sleep(0.1)
        client.close()
    raise AssertionError("the board did not reset")


def test_it_outlives_resets_and_faults(fragile: EmulatedBoard) -> None:
    with fragile.client() as client:
        first = client.request("health")["journal"]
        assert (first["boot"], first["oldest"], first["kept"]) == (1, 1, False)
        assert boots(client) == [(1, "power on")]
    with reset(fragile) as client:
        assert boots(client) == [(1, "power on"), (2, "reset")]
        assert client.request("health")["journal"]["kept"] is True
    fragile.run_to_its_end("import mps\nmps.crash('write')")
    client, _ = fragile.client_after_fault()
    with client:
        assert boots(client) == [(1, "power on"), (2, "reset"), (3, "fault")]
        records = log_of(client)
        numbers = [record[0] for record in records]
        assert numbers == list(range(1, len(numbers) + 1))
        assert any("restarted after a fault" in str(record[4]) for record in records)
    fragile.cut_power()
    with fragile.client() as client:
        assert boots(client) == [(1, "power on")]


def test_writing_keeps_nothing_on_the_heap(fragile: EmulatedBoard) -> None:
    script = """
import gc, micropython, runicos
ring, text, number = runicos.system.journal, "what happened", 0
gc.collect()
micropython.heap_lock()
for number in range(200):
    ring.write(2, 2, "rune", text, number)
micropython.heap_unlock()
print(ring.state()[2] - ring.state()[1] > 50, ring.state()[3] > 50)
"""
    assert fragile.run(script) == "True True\n"
