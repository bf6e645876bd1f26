"""The plugin counts exactly what known.S executes, on each core, and refuses what is not exact."""

import shutil
import subprocess
from pathlib import Path

import pytest

from bench import counter
from bench.counter import Counts

HERE = Path(__file__).parent
KNOWN = {
    0: [Counts(0, 0, 0)],
    1: [Counts(10, 0, 0)],
    2: [Counts(3001, 0, 0)],
    3: [Counts(6, 8, 5)],
    4: [Counts(8, 0, 0)],
    5: [Counts(2, 0, 0), Counts(3, 0, 0)],
    6: [Counts(6, 2, 1)],
    7: [Counts(4, 0, 1)],
    8: [Counts(4, 1, 1)] * 10,
}
CORES = {
    "mps2-an385": ("cortex-m3", {}),
    "mps2-an386": ("cortex-m4", {}),
    "mps2-an500": ("cortex-m7", {}),
    "mps3-an547": ("cortex-m55", {9: [Counts(3, 4, 16)]}),
}

pytestmark = pytest.mark.skipif(
    shutil.which(counter.QEMU) is None or shutil.which("arm-none-eabi-gcc") is None,
    reason="no qemu-system-arm or arm-none-eabi-gcc here",
)


def assemble(folder: Path, core: str, *flags: str, source: Path = HERE / "known.S") -> Path:
    elf = folder / f"{core}.elf"
    command = ["arm-none-eabi-gcc", f"-mcpu={core}", "-mthumb", "-nostdlib", *flags]
    subprocess.run([*command, f"-Wl,-T,{HERE / 'known.ld'}", "-o", elf, source], check=True)
    return elf


@pytest.mark.parametrize("machine", CORES)
def test_counts_are_those_that_follow_from_reading_the_program(machine, tmp_path):
    core, more = CORES[machine]
    elf = assemble(tmp_path, core, *(["-DWITH_MVE"] if more else []))
    counted = counter.count(machine, elf, timeout_s=30)
    assert counted.warnings == ()
    known = KNOWN | more
    assert {region for region, _ in counted.regions} == set(known)
    assert {region: list(counted.of(region)) for region in known} == known


def test_a_profile_says_how_often_each_address_was_executed(tmp_path):
    elf = assemble(tmp_path, "cortex-m7")
    profiles = counter.count("mps2-an500", elf, profile=[1, 2, 8, 60], timeout_s=30).profiles
    assert set(profiles) == {1, 2, 8}
    assert list(profiles[1].values()) == [1] * 10
    assert sorted(profiles[2].values()) == [1, 1000, 1000, 1000]
    assert list(profiles[8].values()) == [10] * 4


def test_code_that_is_skipped_is_not_counted(tmp_path):
    elf = assemble(tmp_path, "cortex-m7")
    counted = counter.count("mps2-an500", elf, skip=["called"], timeout_s=30)
    assert [counts.instructions for counts in counted.of(5)] == [2, 2]
    assert counted.of(4) == (Counts(7, 0, 0),)
    assert counted.of(8) == (Counts(3, 1, 1),) * 10
    with pytest.raises(counter.CounterError, match="no function absent"):
        counter.count("mps2-an500", elf, skip=["absent"], timeout_s=30)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("0x8041", "region 1 did not end"),
        ("0x8082", "region 2 ends without having begun"),
        ("0x8043, 0xf3af, 0x8043, 0xf3af, 0x8083", "region 3 begins within itself"),
    ],
)
def test_regions_that_do_not_fit_are_refused(body, error, tmp_path):
    source = tmp_path / "regions.S"
    source.write_text(
        '.syntax unified\n.thumb\n.section .vectors, "a"\n.word 0x20000100, reset + 1\n'
        f".text\n.thumb_func\nreset: .hword 0xf3af, {body}\n"
        "ldr r1, =0x20026\nmov r0, #0x18\nbkpt 0xab\n.pool\n"
    )
    elf = assemble(tmp_path, "cortex-m3", source=source)
    with pytest.raises(counter.CounterError, match=error):
        counter.count("mps2-an385", elf, timeout_s=30)


def test_a_region_may_be_open_from_the_start(tmp_path):
    source = tmp_path / "powered.S"
    source.write_text(
        '.syntax unified\n.thumb\n.section .vectors, "a"\n.word 0x20000100, reset + 1\n'
        ".text\n.thumb_func\nreset: nop\nnop\nnop\n.hword 0xf3af, 0x8089\n"
        "ldr r1, =0x20026\nmov r0, #0x18\nbkpt 0xab\n.pool\n"
    )
    elf = assemble(tmp_path, "cortex-m3", source=source)
    counted = counter.count("mps2-an385", elf, powered=9, timeout_s=30)
    assert counted.of(9) == (Counts(3, 0, 0),)


def test_a_program_that_does_not_end_is_refused(tmp_path):
    source = tmp_path / "endless.S"
    source.write_text(
        '.syntax unified\n.thumb\n.section .vectors, "a"\n.word 0x20000100, reset + 1\n'
        ".text\n.thumb_func\nreset: b reset\n"
    )
    with pytest.raises(counter.CounterError, match="did not end within 1 s"):
        counter.count("mps2-an385", assemble(tmp_path, "cortex-m3", source=source), timeout_s=1)


def test_of_an_unknown_qemu_only_instructions_are_told_and_with_a_warning():
    line = '{"region": 4, "instructions": 7, "loads": 2, "stores": 1}\n'
    end = '{"total": 0, "instructions": 9, "loads": 2, "stores": 1}\n'
    known = counter.read(line + end, (7, 2), "")
    assert (known.of(4), known.warnings) == ((Counts(7, 2, 1),), ())
    unknown = counter.read(line + end, (9, 0), "")
    assert unknown.of(4) == (Counts(7, None, None),)
    assert "QEMU 9.0" in unknown.warnings[0]
    assert "7.2" in unknown.warnings[0]


def test_counts_that_were_not_written_to_the_end_are_refused():
    with pytest.raises(counter.CounterError, match="before the counts were written"):
        counter.read('{"region": 4, "instructions": 7, "loads": 2, "stores": 1}\n', (7, 2), "")


def test_the_plugin_refuses_arguments_that_it_does_not_know(tmp_path):
    elf = assemble(tmp_path, "cortex-m3")
    with pytest.raises(counter.CounterError, match=r"profile=64"):
        counter.count("mps2-an385", elf, profile=[64], timeout_s=30)
