"""What an owner decides takes memory too: there is enough where Runes have all that they may."""

from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from runicd import LiveBoard
from runicos.contract import admission, errors, memory, rune_manifest
from tests.boards.conftest import SMALLEST, Emulate
from tests.boards.test_limits import hungry
from tests.device.runes import manifest_of, with_manifest
from tests.device.sim_board import Client, SerialLine
from tests.device.test_grants import ASK, demands
from tests.signing import KEY_ID, PUBLIC

BOARDS = (SMALLEST,)
KEYS_MAX = 8
MOST_BYTES_A_NUMBER = 30
POINTER_BYTES = 4
# What answering an owner takes meanwhile, as docs/grants.md says.
SPARE_BYTES = 4608
DENY = {"effect": "deny", "kinds": ["RAND", "SERIAL", "SOUND"]}
# As many rules as a policy may have.
POLICY = ASK | {"rules": [DENY | {"rune": f"spy-{number}-*"} for number in range(16)]}


def test_an_owner_decides_while_runes_leave_no_heap(
    emulate: Emulate, kind: str, tmp_path: Path
) -> None:
    board = emulate(kind)
    runes = filled(board, tmp_path)
    with board.free_port() as port, Client(SerialLine(port)) as cable:
        for name, data in runes.items():
            cable.request("call", name=name, count=3)
            cable.request("grant", name=name, demands=demands(data), signer=KEY_ID)
        policy_changes(cable, sorted(runes))
        told = cable.request("policy_set", policy=POLICY)
        assert told == {"stopped": [], "resumed": [], "started": []}
        grants_change(cable, "hungry-0", runes["hungry-0"])
        keys_change(cable, sorted(runes))


def filled(board: LiveBoard, folder: Path) -> dict[str, bytes]:
    """Cast as many Runes as there may be, the last as large as may be; return them."""
    runes: dict[str, bytes] = {}
    numbers = 6000
    while numbers > 0:
        rune = hungry(folder, f"hungry-{len(runes)}", numbers)
        free = board.facts()["heap_free"] - admission.SERVICE_BYTES - SPARE_BYTES
        missing = (
            memory.ram_bytes(rune_manifest.parse(manifest_of(rune.data)), POINTER_BYTES) - free
        )
        if missing > 0:
            numbers -= max(1, missing // MOST_BYTES_A_NUMBER)
            continue
        board.cast(rune, period_ms=0)
        runes[rune.name] = rune.data
    return runes


def policy_changes(cable: Client, names: list[str]) -> None:
    """Deny what runs, and let it run again."""
    assert cable.request("policy_set", policy=ASK | {"default": "deny"})["stopped"] == names
    assert cable.request("policy_set", policy=ASK)["resumed"] == names


def grants_change(cable: Client, name: str, data: bytes) -> None:
    """Take a grant, give it again; let a version wait, drop it, let it wait and run."""
    given = {"name": name, "signer": KEY_ID}
    assert cable.request("revoke", name=name, kinds=["RAND"])["stopped"] == [name]
    assert cable.request("grant", **given, demands=demands(data)) == {"resumed": [name]}
    output = manifest_of(data)["outputs"][0] | {"bytes_per_s": 99_999}
    more = with_manifest(data, release="9.0.0", outputs=[output])
    cable.upload(name, more)
    assert cable.request("revoke", name=name, kinds=[])["dropped"]
    cable.upload(name, more)
    version = {"version": sha256(more).digest(), "period_ms": 0}
    assert cable.request("grant", **given, demands=demands(more), **version)["started"]
    assert cable.request("call", name=name, count=3) == {"calls": 3}


def keys_change(cable: Client, names: list[str]) -> None:
    """Trust as many keys as may be; no longer the one that signed the Runes; it again."""
    for number in range(1, KEYS_MAX):
        secret = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
        public = secret.public_key().public_bytes_raw()
        cable.request("trust", name=f"key {number}", public=public)
    cable.request("distrust", key=KEY_ID)
    last = {row["last_error"][0] for row in cable.request("ps")}
    assert last == {errors.UNKNOWN_KEY}
    assert sorted(cable.request("trust", name="tests", public=PUBLIC)["resumed"]) == names
    for name in names:
        assert cable.request("call", name=name) == {"calls": 1}
