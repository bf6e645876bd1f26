"""Faults in native code: the board restarts, says why, and goes on with what it did."""

from collections.abc import Iterator

import pytest

from runicd.sim import boards, firmware
from tests.boards.emulated import EmulatedBoard


@pytest.fixture(scope="module")
def fragile(kind: str) -> Iterator[EmulatedBoard]:
    """Return a board that crashes when it is asked to."""
    started = EmulatedBoard.start(firmware.find(kind), "faults=1")
    yield started
    boards.stop(started.board)


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        ("write", "address 0xf0000000"),
        ("jump", "at 0xdead0000"),
        ("call", "at 0x00000000"),
        ("undefined", "fault at 0x"),
        ("stack", "the stack overflowed"),
    ],
)
def test_a_fault_restarts_the_board_with_its_cause(
    fragile: EmulatedBoard, planted: str, said: str
) -> None:
    fragile.run_to_its_end(f"import mps\nmps.crash({planted!r})")
    client, told = fragile.client_after_fault()
    with client:
        assert len(told) == 1
        assert told[0].startswith(f"{fragile.board.name} restarted after a fault: ")
        assert said in told[0]
        assert (planted == "stack") == ("the stack overflowed" in told[0])
        assert said in client.request("facts")["last_fault"]
        records = client.request("logs", {"limit": 5})["records"]
    assert any("restarted after a fault" in record[4] for record in records)


def test_a_fault_is_told_until_somebody_has_heard_it(fragile: EmulatedBoard) -> None:
    fragile.run_to_its_end("import mps\nmps.crash('write')")
    # An answer to `hello` can be lost, and be asked for again.
    for _ in range(2):
        client, told = fragile.client_after_fault()
        assert len(told) == 1
        client.close()
    client, _ = fragile.client_after_fault()
    with client:
        client.request("ps")
    client, told = fragile.client_after_fault()
    client.close()
    assert told == []


def test_only_a_board_started_for_it_crashes_on_demand(board: EmulatedBoard) -> None:
    printed = board.run(
        "import mps\ntry:\n    mps.crash('write')\nexcept RuntimeError as error:\n    print(error)"
    )
    assert printed == "start the board with faults=1\n"


def test_an_unknown_fault_is_an_error(fragile: EmulatedBoard) -> None:
    printed = fragile.run(
        "import mps\ntry:\n    mps.crash('')\nexcept ValueError as error:\n    print(error)"
    )
    assert printed == "write, jump, call, undefined or stack\n"
