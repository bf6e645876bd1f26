"""The check that native modules compile for every core finds what is planted."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.board import ROOT

MAKE = """PLANT_DIR := $(USERMOD_DIR)
SRC_USERMOD_C += $(PLANT_DIR)/modplant.c
SRC_USERMOD_LIB_C += $(PLANT_DIR)/plant.c
CFLAGS_USERMOD += -I$(PLANT_DIR) -DPLANT=1
$(BUILD)/plant/plant.o: CFLAGS += -O3
"""
CMAKE = """set(folder ${CMAKE_CURRENT_LIST_DIR}/plant)
add_library(usermod_plant INTERFACE)
target_sources(usermod_plant INTERFACE ${folder}/modplant.c ${folder}/plant.c)
set_source_files_properties(${folder}/plant.c PROPERTIES COMPILE_OPTIONS -O3)
target_include_directories(usermod_plant INTERFACE ${folder})
target_compile_definitions(usermod_plant INTERFACE PLANT=1)
target_link_libraries(usermod INTERFACE usermod_plant)
"""
BINDING = """#include "py/runtime.h"
static const mp_rom_map_elem_t table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_plant) },
};
static MP_DEFINE_CONST_DICT(globals, table);
const mp_obj_module_t plant = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&globals,
};
MP_REGISTER_MODULE(MP_QSTR_plant, plant);
"""
KERNEL = "float plant_half(float x);\nfloat plant_half(float x) { return x * 0.5f; }\n"


@pytest.fixture
def modules(tmp_path):
    """Return a folder with one native module that is in order."""
    folder = tmp_path / "modules" / "plant"
    folder.mkdir(parents=True)
    (folder / "micropython.mk").write_text(MAKE)
    (folder.parent / "micropython.cmake").write_text(CMAKE)
    (folder / "modplant.c").write_text(BINDING)
    (folder / "plant.c").write_text(KERNEL)
    return folder.parent


def check(modules: Path, *cores: str) -> subprocess.CompletedProcess[str]:
    sources = (ROOT / ".cache" / "src").glob("micropython-*")
    environment = {"MPY_DIR": str(next(sources, "")), **os.environ}
    command = [sys.executable, str(ROOT / "tools" / "check_compile.py"), "--modules", str(modules)]
    command += ["--build", str(modules.parent / "build"), *cores]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_a_module_in_order_passes(modules):
    finished = check(modules, "m7", "rv32imc")
    assert finished.returncode == 0, finished.stderr
    assert "check-compile: rv32imc: 2 sources, no warning" in finished.stdout
    assert "CMake: the same 2 sources with the same flags" in finished.stdout


@pytest.mark.parametrize("core", ["m0plus", "m55", "rv32imc"])
def test_a_promoted_float_fails(modules, core):
    (modules / "plant" / "plant.c").write_text(KERNEL.replace("0.5f", "0.5"))
    finished = check(modules, core)
    assert finished.returncode == 1
    assert core in finished.stderr
    assert "plant.c:2" in finished.stderr
    assert "double-promotion" in finished.stderr or "float-conversion" in finished.stderr


@pytest.mark.parametrize("taken", ["plant_half", "pyexec_file_if_exists"])
def test_a_name_that_is_there_twice_fails(modules, taken):
    """The second name is one that every port has already."""
    (modules / "plant" / "modplant.c").write_text(f"{BINDING}int {taken}(void) {{ return 0; }}\n")
    finished = check(modules, "m0plus")
    assert finished.returncode == 1
    assert f"multiple definition of `{taken}'" in finished.stderr


def test_a_flag_that_changed_compiles_what_was_compiled_before(modules):
    assert check(modules, "m4").returncode == 0
    (modules / "plant" / "micropython.mk").write_text(MAKE + "CFLAGS_USERMOD += -DPLANT=3\n")
    assert '"PLANT" redefined' in check(modules, "m4").stderr


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (" ${folder}/plant.c)", ")", "plant.c: not in micropython.cmake"),
        ("PLANT=1", "PLANT=2", "-DPLANT=1 only in micropython.mk"),
        ("-O3", "-O2", "-O2 only in micropython.cmake"),
    ],
)
def test_cmake_that_differs_fails(modules, old, new, said):
    (modules / "micropython.cmake").write_text(CMAKE.replace(old, new, 1))
    finished = check(modules, "m7")
    assert finished.returncode == 1
    assert said in finished.stderr


def test_an_unknown_core_is_refused(modules):
    assert "CORE=m5: one of m0plus m3" in check(modules, "m5").stderr
