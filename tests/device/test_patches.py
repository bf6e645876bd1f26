"""`patch` on a board: uploads are made of what is there; a damaged patch changes nothing."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from runicd.cast.patches import patch
from runicos.contract import errors
from tests.device.runes import stock, with_manifest
from tests.device.sim_board import BoardError, Client, SimBoard

OLD = stock("sine")
NEW = with_manifest(OLD, release="9.0.0")
DAMAGED_EVERY = 7


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with SimBoard(tmp_path) as board, board.tcp() as client:
        client.upload("sine", OLD)
        client.request("start", name="sine", period_ms=0)
        yield client


def made(new: bytes) -> bytes:
    found = patch(OLD, new)
    assert found is not None
    return found


def begin(client: Client, data: bytes = NEW) -> int:
    begun = client.request("begin", name="sine", size=len(data), sha256=sha256(data).digest())
    return int(begun["upload"])


def order(**changes: Any) -> dict[str, Any]:
    return {"at": 0, "name": "sine", "data": made(NEW)} | changes


def test_a_patch_makes_the_new_version(client: Client) -> None:
    upload = begin(client)
    assert len(made(NEW)) < len(NEW) // 20
    assert client.request("patch", upload=upload, **order()) == {"offset": len(NEW)}
    # Where it was lost that it had arrived, it is sent again.
    assert client.request("patch", upload=upload, **order()) == {"offset": len(NEW)}
    assert client.request("commit", upload=upload)["flash_written"] == len(NEW)
    client.request("start", name="sine", period_ms=0)
    client.request("call", name="sine")
    assert client.request("ps")[0]["release"] == "9.0.0"


def test_patches_chunks_and_copies_go_together(client: Client) -> None:
    upload, half = begin(client), len(NEW) // 2
    at = client.send_chunk(upload, 0, NEW[:100])
    piece = made(NEW[at:half])
    assert client.request("patch", upload=upload, **order(at=at, data=piece))["offset"] == half
    while half < len(NEW):
        half = client.send_chunk(upload, half, NEW[half : half + 1000])
    client.request("commit", upload=upload)
    assert client.request("ps")[0]["release"] == "9.0.0"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "nobody"}, errors.NO_SUCH_RUNE),
        ({"upload": 60_000}, errors.NO_SUCH_UPLOAD),
        ({"data": b""}, errors.BAD_REQUEST),
        ({"data": made(NEW)[:-1]}, errors.BAD_REQUEST),
        ({"data": made(NEW + b"x")}, errors.BAD_REQUEST),
        ({"data": "text"}, errors.BAD_REQUEST),
    ],
)
def test_an_order_that_is_wrong_changes_nothing(
    client: Client, changes: dict[str, Any], code: int
) -> None:
    upload = begin(client)
    told, _ = client.error("patch", **({"upload": upload} | order(**changes)))
    assert told == code
    assert client.request("patch", upload=upload, **order()) == {"offset": len(NEW)}
    client.request("commit", upload=upload)


def test_without_an_upload_nothing_is_patched(client: Client) -> None:
    assert client.error("patch", upload=1, **order()) == (errors.NO_SUCH_UPLOAD, [1])


def outcome(client: Client, changes: bytes) -> int:
    """Cast by a patch; return the error that it ends in, 0 for none."""
    upload = begin(client)
    try:
        client.request("patch", upload=upload, **order(data=changes))
        client.request("commit", upload=upload)
    except BoardError as refused:
        return refused.code
    return 0


def test_a_patch_that_is_damaged_anywhere_leaves_the_old_version(client: Client) -> None:
    good, ends = made(NEW), set()
    for at in range(0, 8 * len(good), DAMAGED_EVERY):
        bad = bytearray(good)
        bad[at // 8] ^= 1 << at % 8
        ends.add(end := outcome(client, bytes(bad)))
        (row,) = client.request("ps")
        if end:
            assert (row["sha256"], row["state"]) == (sha256(OLD).digest(), "waiting")
            client.request("call", name="sine")
        else:
            # How far a patch goes on in the old file after its last byte changes nothing.
            assert row["sha256"] == sha256(NEW).digest()
            client.upload("sine", OLD)
            client.request("start", name="sine", period_ms=0)
    assert ends >= {errors.BAD_REQUEST, errors.HASH_MISMATCH}


@pytest.mark.parametrize("killed", [False, True])
def test_what_is_cut_off_after_a_patch_goes_on_there(tmp_path: Path, *, killed: bool) -> None:
    with SimBoard(tmp_path) as board:
        with board.tcp() as client:
            client.upload("sine", OLD)
            upload = begin(client)
            assert client.request("patch", upload=upload, **order(data=made(NEW[:3000]))) == {
                "offset": 3000
            }
            if killed:
                board.process.kill()
        if not killed:
            with board.tcp() as client:
                assert client.upload("sine", NEW) == 3000
            return
    with SimBoard(tmp_path) as board, board.tcp() as client:
        assert client.request("ps")[0]["sha256"] == sha256(OLD).digest()
        # What had not reached the flash is sent again.
        assert client.upload("sine", NEW) <= 3000
        assert client.request("ps")[0]["release"] == "9.0.0"
