"""What it costs a board to check who signed a Rune: instructions, C stack, heap and flash.

The curve's part of a check depends on the key and the signature: CASES of them are counted. The
rest is SHA-512 of the message, whose every block costs the same.
"""

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.board_calls import RUNES
from bench.board_firmware import Firmware, figures
from bench.counter import CounterError
from bench.firmware import region_numbers as regions
from bench.link_map import IN_FLASH
from bench.section import Section
from runicd import build
from runicd.keys import files as keys

CASES = 32
MESSAGE_BYTES = 32 * 1024
RUNE = "sine"


@dataclass(frozen=True, slots=True)
class Check:
    """Instructions of a check: of a message of no bytes, and of each KB; and the memory it takes.

    `admitting` is RunicOS's of a Rune of `rune_bytes`: it finds the key on flash, too.
    """

    core: str
    fixed: tuple[float, ...]
    per_kb: float
    admitting: int
    rune_bytes: int
    stack_bytes: int
    heap_bytes: int
    admitting_stack_bytes: int
    admitting_heap_bytes: int
    flash_bytes: int

    @property
    def mean(self) -> float:
        """Return the mean of what a check costs beside its message's bytes."""
        return sum(self.fixed) / len(self.fixed)


def measure(firmware: Firmware) -> Check:
    """Count checks on a board. Raises CounterError."""
    rune = build(RUNES / RUNE / "Runefile").data
    content = {
        "message": message(),
        "cases": cases(),
        "rune": rune,
        "key": keys.default().public,
    }
    with tempfile.TemporaryDirectory() as folder:
        given = {name: Path(folder) / name for name in content}
        for name, data in content.items():
            given[name].write_bytes(data)
        flash = {"flash": f"{folder}/flash.bin", "name": RUNE}
        counted = firmware.run("signature", {**given, **flash})
    nothing = counted.of(regions.NOTHING)[0].instructions
    checked, hashed, admitted = (
        [counts.instructions - nothing for counts in counted.of(region)]
        for region in (regions.VERIFY, regions.HASH, regions.ADMITTED)
    )
    if len(checked) != CASES:
        raise CounterError(f"{len(checked)} of {CASES} signatures were checked")
    message_kb = MESSAGE_BYTES / 1024
    per_kb = (hashed[0] - hashed[1]) / (message_kb / 2)
    told = figures(counted)
    return Check(
        firmware.core,
        tuple(each - message_kb * per_kb for each in checked),
        per_kb,
        admitted[0],
        len(rune),
        told["stack"],
        told["heap"],
        told["admitting stack"],
        told["admitting heap"],
        firmware.link_map().sizes(IN_FLASH)["crypto"],
    )


def message() -> bytes:
    """Return what is signed, the same each time."""
    return hashlib.shake_128(b"message").digest(MESSAGE_BYTES)


def cases() -> bytes:
    """Return keys, each with its signature of the message, the same each time."""
    found = b""
    for number in range(CASES):
        secret = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"%d" % number).digest())
        found += secret.public_key().public_bytes_raw() + secret.sign(message())
    return found


# ---- Tables


def instructions(measured: Sequence[Check]) -> Section:
    """Return what a check costs in instructions."""
    columns = ("core", "fixed, mean", "least", "most", "per KB", f"RunicOS, {RUNE}", "of bytes")
    rows = [
        (
            *(each.core, each.mean, min(each.fixed), max(each.fixed), each.per_kb),
            *(each.admitting, each.rune_bytes),
        )
        for each in measured
    ]
    return Section("Checking a signature: instructions", columns, rows)


def memory(measured: Sequence[Check]) -> Section:
    """Return the memory that a check takes, whatever the message's length."""
    columns = ("core", "C stack", "heap", "RunicOS: C stack", "heap asked for", "flash of crypto")
    rows = [
        (
            *(each.core, each.stack_bytes, each.heap_bytes, each.admitting_stack_bytes),
            *(each.admitting_heap_bytes, each.flash_bytes),
        )
        for each in measured
    ]
    return Section("Checking a signature: bytes of memory", columns, rows)
