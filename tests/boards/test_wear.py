"""What a cast writes to flash stays within the budget of docs/store.md."""

import pytest

import runicd
from tests.boards.conftest import Emulate
from tests.flow.runes import SINE, padded

PAGE_BYTES = 256
BLOCK_BYTES = 4096
# Of the file system, beside a tenth of the Rune.
FILES_WRITTEN_MAX = 8 * 1024
FILES_ERASED_MAX = 32 * 1024


@pytest.mark.parametrize("total_bytes", [6_000, 61_000])
def test_a_cast_writes_its_bytes_and_a_tenth(emulate: Emulate, total_bytes: int) -> None:
    board = emulate("mps2_an385")
    board.cast(SINE, period_ms=0)
    rune = padded(runicd.build(SINE), total_bytes)
    wear = board.cast(rune, period_ms=0).flash
    assert wear.written is not None
    assert wear.erased is not None
    assert wear.files_written is not None
    assert wear.files_erased is not None
    assert total_bytes <= wear.written < total_bytes + PAGE_BYTES
    assert wear.erased == -(-total_bytes // BLOCK_BYTES) * BLOCK_BYTES
    assert 0 < wear.files_written <= total_bytes // 10 + FILES_WRITTEN_MAX
    assert wear.files_erased <= total_bytes + FILES_ERASED_MAX
    print(f"\ncast of {total_bytes} bytes: {wear}")
    flash = board.stats()["flash"]
    assert flash["written"] > wear.written
    assert flash["board"]["flash_erased"] == flash["erased"]
