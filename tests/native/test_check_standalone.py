"""The check that modules stand alone finds what is planted."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.board import ROOT
from tests.native.test_check_compile import BINDING, CMAKE, KERNEL, MAKE

ALONE = "USERMOD_DIR := $(USER_C_MODULES)\ninclude $(USERMOD_DIR)/micropython.mk\n"
OTHER = "SRC_USERMOD_LIB_C += $(USERMOD_DIR)/other.c\n"


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    """Two modules, of which plant is in order alone; the other one has a name of its own."""
    plant, other = tmp_path / "modules" / "plant", tmp_path / "modules" / "other"
    (plant / "alone").mkdir(parents=True)
    (plant / "alone" / "micropython.mk").write_text(ALONE)
    (plant / "micropython.mk").write_text(MAKE.replace("/plant/plant.o", "/plant.o"))
    (plant / "micropython.cmake").write_text(CMAKE.replace("LIST_DIR}/plant", "LIST_DIR}"))
    (plant / "modplant.c").write_text(BINDING)
    (plant / "plant.c").write_text(KERNEL)
    other.mkdir()
    (other / "micropython.mk").write_text(OTHER)
    (other / "other.c").write_text("int other_name(void);\nint other_name(void) { return 1; }\n")
    return plant.parent


def check(modules: Path) -> subprocess.CompletedProcess[str]:
    """Check the module plant, without a stock MicroPython around it, which takes too long here."""
    sources = (ROOT / ".cache" / "src").glob("micropython-[0-9]*")
    environment = {"MPY_DIR": str(next(sources, "")), **os.environ}
    command = [sys.executable, str(ROOT / "tools" / "check_standalone.py"), "--no-stock"]
    command += ["--modules", str(modules), "--build", str(modules.parent / "build"), "plant"]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_a_module_in_order_passes(modules: Path) -> None:
    finished = check(modules)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.startswith("check-compile: plant alone: 2 sources, no warning")


def test_a_name_of_another_module_is_found(modules: Path) -> None:
    borrowing = "int other_name(void);\nint plant_borrows(void);\n"
    borrowing += "int plant_borrows(void) { return other_name(); }\n"
    (modules / "plant" / "plant.c").write_text(borrowing)
    finished = check(modules)
    assert finished.returncode == 1
    assert "plant: other_name is another module's" in finished.stderr


def test_a_flag_that_is_lost_alone_is_found(modules: Path) -> None:
    (modules / "plant" / "micropython.mk").write_text(MAKE)
    finished = check(modules)
    assert finished.returncode == 1
    assert "plant.c: -O3 only in micropython.cmake" in finished.stderr
