"""A linker's map is read to the byte, and each part of firmware is told from the others."""

import shutil
import subprocess

import pytest

from bench import link_map
from tests.bench.test_counter import assemble


@pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="no arm-none-eabi-gcc here")
def test_pieces_are_where_the_linker_put_them(tmp_path):
    path = tmp_path / "known.map"
    elf = assemble(tmp_path, "cortex-m7", f"-Wl,-Map={path}")
    pieces = link_map.read(path)
    said = subprocess.run(["arm-none-eabi-size", elf], check=True, capture_output=True, text=True)
    text, _, bss = map(int, said.stdout.splitlines()[1].split()[:3])
    assert sum(pieces.sizes([".vectors", ".text"]).values()) == text
    assert sum(pieces.sizes([".bss"]).values()) == bss
    assert pieces.find(0).section == ".vectors"
    assert pieces.find(8).section == ".text"
    assert pieces.find(text) is None
    assert pieces.find(0x20000000).section == ".bss"


def test_what_is_merged_counts_once(tmp_path):
    path = tmp_path / "merged.map"
    path.write_text(
        "Archive members\n\nLinker script and memory map\n\n"
        ".text           0x00000400      0x100\n"
        " .text.a        0x00000400       0x10 build/py/a.o\n"
        " .rodata.a_longer_name_of_a_section\n"
        "                0x00000410       0x20 build/py/a.o\n"
        "                                 0x28 (size before relaxing)\n"
        " .rodata.str1.1 0x00000418       0x08 build/nn/b.o\n"
        " *fill*         0x00000420        0x4 \n"
        " .text.unused   0x00000000       0x08 build/nn/b.o\n"
        "\n.debug_info     0x00000000      0x100\n"
        " .debug_info    0x00000000      0x100 build/py/a.o\n"
        "OUTPUT(firmware.elf elf32-littlearm)\n"
    )
    pieces = link_map.read(path)
    sizes = pieces.sizes(link_map.IN_FLASH)
    assert sizes == {"MicroPython": 0x18, "nn": 0x10, "padding": 4}
    assert pieces.find(0x40F).function == "a"


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("build/mps2_an500/rune/container.o", "rune"),
        ("build/mps2_an500/nn/kernels/conv.o", "nn"),
        ("build/mps2_an500/nn/kernels/fast/pairs.o", "nn"),
        ("build/mps2_an500//cache/src/wasm3-0.5.0/wasm3/m3_exec.o", "wasm3"),
        ("build/mps2_an500//c/cmsisdsp-1.10.3/Source/CommonTables/arm_common_tables.o", "dsp"),
        ("build/mps2_an500//cache/src/monocypher-4.0.3/monocypher.o", "crypto"),
        ("build/mps2_an500/py/gc.o", "MicroPython"),
        ("build/mps2_an500/lib/littlefs/lfs2.o", "MicroPython"),
        ("build/mps2_an500/frozen_content.o", "RunicOS (bytecode)"),
        ("build/mps2_an500/uart.o", "port"),
        ("/usr/lib/thumb/v7e-m+dp/hard/libm.a(lib_a-sf_exp.o)", "C library"),
    ],
)
def test_each_object_belongs_to_a_part(path, part):
    assert link_map.part_of(path) == part
    assert part in link_map.PARTS


def test_a_file_that_is_no_map_is_refused(tmp_path):
    path = tmp_path / "no.map"
    path.write_text("nothing\n")
    with pytest.raises(ValueError, match="no linker's map"):
        link_map.read(path)
