"""A firmware above its budget fails the build; sizes and their changes are told by part."""

import shutil

import pytest

import check_budget
from bench import flash_size
from bench.board_firmware import Firmware
from bench.counter import CounterError
from tests.bench.test_counter import assemble
from tests.board import ROOT

pytestmark = pytest.mark.skipif(
    shutil.which("arm-none-eabi-gcc") is None, reason="no arm-none-eabi-gcc here"
)


def firmware(folder, budget, core="cortex-m7"):
    elf = assemble(folder, core, f"-Wl,-Map={folder / f'{core}.map'}")
    stated = {"facts": {"chip": core}, "budgets": {"flash_bytes": budget}}
    return Firmware("board", elf, stated)


def test_a_firmware_that_fits_its_budget_to_the_byte_is_taken(tmp_path, capsys):
    elf = assemble(tmp_path, "cortex-m7")
    taken = check_budget.flash_bytes(elf)
    board = tmp_path / "board.toml"
    board.write_text(f"[budgets]\nflash_bytes = {taken}\n")
    assert check_budget.main([str(board), str(elf)]) == 0
    assert capsys.readouterr().out == f"flash: {taken:,} of {taken:,} bytes\n"


def test_a_firmware_one_byte_above_its_budget_is_refused(tmp_path, capsys):
    elf = assemble(tmp_path, "cortex-m7")
    board = tmp_path / "board.toml"
    board.write_text(f"[budgets]\nflash_bytes = {check_budget.flash_bytes(elf) - 1}\n")
    assert check_budget.main([str(board), str(elf)]) == 1
    assert f"1 bytes more than flash_bytes in [budgets] of {board}" in capsys.readouterr().err


def test_a_board_that_states_no_budget_is_refused(tmp_path, capsys):
    elf = assemble(tmp_path, "cortex-m7")
    board = tmp_path / "board.toml"
    board.write_text("[budgets]\nram_bytes = 1\n")
    assert check_budget.main([str(board), str(elf)]) == 1
    assert "states no flash_bytes in [budgets]" in capsys.readouterr().err


def test_parts_add_up_to_what_the_linker_says(tmp_path):
    built = firmware(tmp_path, 10_000)
    sizes = flash_size.sizes_of(built)
    assert sizes["all"] == check_budget.flash_bytes(built.elf)
    assert sum(sizes.values()) == 2 * sizes["all"]


def test_a_budget_that_is_exceeded_is_a_broken_promise(tmp_path):
    def promises(budget):
        sections = flash_size.sections([firmware(tmp_path, budget)])
        return [promise.kept for section in sections for promise in section.promises]

    assert promises(10_000) == [True]
    assert promises(10) == [False]


def test_differences_are_told_by_part(tmp_path):
    built = firmware(tmp_path, 10_000)
    (tmp_path / "m3").mkdir()
    other = firmware(tmp_path / "m3", 10_000, "cortex-m3")
    assert flash_size.differences("HEAD~1", [built], [built]).rows[-1] == ("all", 0)
    grown = flash_size.sizes_of(other)["all"] - flash_size.sizes_of(built)["all"]
    assert flash_size.differences("HEAD~1", [built], [other]).rows[-1] == ("all", grown)


def test_a_commit_that_is_not_there_is_told():
    with (
        pytest.raises(CounterError, match="no-such-commit"),
        flash_size.checked_out("no-such-commit"),
    ):
        pass


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a checkout of git")
def test_a_commit_is_checked_out_beside_the_files_and_goes_again():
    with flash_size.checked_out("HEAD") as root:
        assert (root / "boards/mps/port.mk").is_file()
        assert (root / ".cache").resolve() == (ROOT / ".cache").resolve()
    assert not root.exists()


def test_a_part_that_is_gone_shrank_to_nothing():
    assert flash_size.difference({"nn": 10, "dsp": 5}, {"nn": 12}) == {"nn": 2, "dsp": -5}
