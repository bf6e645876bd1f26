"""Bodies in a partition: power cut at every operation, long random use, damaged files, ports."""

import pytest

from tests.board import ROOT, run_ok

SOURCES = (ROOT / "tests" / "on_board",)


def run(script: str, *arguments: object, timeout_s: float = 120) -> list[str]:
    """Run one of tests/on_board's scripts in a heap that holds the flash; return its words."""
    text = (SOURCES[0] / script).read_text()
    words = [str(argument) for argument in arguments]
    return run_ok(text, *words, heap="16m", source_paths=SOURCES, timeout_s=timeout_s).split()


@pytest.mark.parametrize(("write_bytes", "models"), [(4, 0), (256, 0), (16, 1)])
def test_power_cut_at_every_operation_leaves_each_rune_whole(
    write_bytes: int, models: int
) -> None:
    cuts, resumed = map(int, run("power_cuts.py", write_bytes, 1, models))
    assert cuts > 200
    assert resumed > 50


def test_random_use_keeps_to_the_model() -> None:
    seen: dict[str, int] = {}
    for seed in range(5, 10):
        words = run("random_use.py", 1000, seed)
        for what, count in zip(words[::2], words[1::2], strict=True):
            seen[what] = seen.get(what, 0) + int(count)
    assert set(seen) == {
        "began_anew",
        "commit",
        "exchanged",
        "full",
        "gathered",
        "no_room_for_two",
        "power_cut",
        "resume",
        "shared",
        "went_back",
        "went_on",
        "write_failed",
    }
    assert min(seen.values()) > 2


def test_free_flash_is_gathered_and_power_cut_meanwhile_costs_nothing() -> None:
    layouts, moves, cuts = map(int, run("gathering.py", 1))
    assert moves >= layouts // 2
    assert cuts > 10 * moves


def test_the_watchdog_is_fed_before_each_block_that_is_erased() -> None:
    assert run("feeding.py") == ["21", "3"]


def test_damaged_files_cost_no_other_rune() -> None:
    cases = [
        "rotten_models",
        "records",
        "overlapping_records",
        "progress",
        "wants",
        "other_places",
    ]
    assert run("damaged_files.py") == cases


def test_partitions_of_ports_are_used_as_they_allow_or_refused() -> None:
    cases = ["rom", "device", "stock_memoryview", "absent", "failing"]
    assert run("partitions.py") == cases
