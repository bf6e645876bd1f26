"""A signature's check is counted: one part that is fixed, one for each KB, and constant memory."""

import shutil

import pytest

from bench import board_firmware, board_signature, counter

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
def check(firmware):
    return board_signature.measure(firmware)


def test_two_runs_count_the_same(firmware, check):
    assert board_signature.measure(firmware) == check


def test_what_is_fixed_depends_on_the_signature_by_a_few_percent(check):
    assert len(set(check.fixed)) > 1
    assert max(check.fixed) < 1.1 * min(check.fixed)
    # SHA-512 takes 8 blocks of a KB; a curve's point takes more than that.
    assert 8 * 80 * 32 < check.per_kb < check.mean


def test_admitting_a_rune_takes_what_its_length_says_and_reading_the_keys(check):
    estimated = check.mean + check.per_kb * check.rune_bytes / 1024
    assert estimated < check.admitting < 1.5 * estimated


def test_memory_is_what_docs_keys_says(check):
    assert check.heap_bytes == 0
    assert 1024 < check.stack_bytes < 2560
    assert check.stack_bytes < check.admitting_stack_bytes < 4096
    assert 0 < check.admitting_heap_bytes < 6000


def test_flash_is_the_modules_and_its_arithmetics(check):
    """Monocypher, which most of it is, used to be the port's."""
    assert 8_000 < check.flash_bytes < 16_000
