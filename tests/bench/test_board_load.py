"""Booting and loading are counted by steps that add up; RAM is what the board says it is."""

import shutil

import pytest

from bench import board_firmware, board_load, counter
from bench.board_load import Boot
from bench.link_map import Piece

pytestmark = [
    pytest.mark.skipif(
        shutil.which(counter.QEMU) is None or shutil.which("arm-none-eabi-gcc") is None,
        reason="no qemu-system-arm or arm-none-eabi-gcc here",
    ),
    pytest.mark.timeout(900),  # firmware is built first
]


@pytest.fixture(scope="module")
def firmware():
    return board_firmware.build("mps2_an500")


@pytest.fixture(scope="module")
def load(firmware):
    return board_load.measure_load(firmware, "digits")


def test_steps_of_loading_add_up(load):
    outside = ("import the sandbox's modules", "first call")
    total, work = load.steps["from the slot to what can be called"]
    inside = [
        counts
        for step, counts in load.steps.items()
        if step not in (*outside, "from the slot to what can be called")
    ]
    assert all(instructions > 0 for instructions, _ in inside)
    assert sum(instructions for instructions, _ in inside) == total
    for kind in board_load.WORK:
        assert 0 < sum(counts[kind] for _, counts in inside) == work[kind] < total


def test_hashing_is_where_files_and_models_are_hashed(load):
    hashed = {step: work["hashing"] for step, (_, work) in load.steps.items()}
    assert hashed["hash the file"] > hashed["read the file, hash its parts"] > 0
    assert hashed["parse"] == hashed["first call"] == 0


def test_a_rune_takes_the_ram_of_its_parts_and_more(load):
    parts = load.ram["parts"]
    assert parts["linear memory"] < 1024
    assert parts["linear memory"] < parts["wasm"]
    assert parts["wasm"] + parts["models"] + parts["tensors"] < load.ram["heap"]
    assert load.ram["heap"] <= load.ram["estimate"]


def test_two_boots_give_the_same_counts_but_for_what_the_clock_says(firmware):
    """The journal's first records have times and the boot's random id: a few instructions."""
    first, second = (board_load.measure_boot(firmware) for _ in range(2))
    assert first.instructions == pytest.approx(second.instructions, rel=1e-4)
    assert first.idle_bytes == second.idle_bytes
    assert first.asked_bytes == second.asked_bytes
    assert 0 < first.idle_bytes <= first.asked_bytes < first.heap_bytes
    assert 0 < sum(first.work.values()) < first.instructions


def test_an_idle_heap_above_its_budget_is_a_broken_promise():
    def promise(idle_bytes):
        boot = Boot(
            "core", "board", 1, dict.fromkeys(board_load.WORK, 0), idle_bytes, 2, 3, 24_576
        )
        return [kept.kept for kept in board_load.boots([boot]).promises]

    assert promise(24_576) == [True]
    assert promise(24_577) == [False]


def test_work_is_told_by_the_function_that_does_it():
    def piece(name, file):
        return Piece(".text", name, 0, 4, "", file)

    def kinds(found):
        return [kind for kind, does in board_load.WORK.items() if does(found)]

    assert kinds(piece(".text.gc_collect_end", "gc.o")) == ["collecting", "allocating"]
    assert kinds(piece(".text", "libc.a(lib_a-memset.o)")) == ["zeroing"]
    assert kinds(piece(".text.sha256_transform", "modhashlib.o")) == ["hashing"]
    assert kinds(piece(".text.lfs2_bd_read", "lfs2.o")) == ["files"]
    assert kinds(piece(".text.gc_alloc", "gc.o")) == ["allocating"]
    assert kinds(piece(".text.mp_execute_bytecode", "vm.o")) == []
