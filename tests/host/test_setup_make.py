"""The Makefile and its scripts: each thing that is missing is one clear line."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.host.setup_packages import ROOT

NOBODY = 65534


def run(*command: object, **options: object) -> subprocess.CompletedProcess[str]:
    words = [str(word) for word in command]
    return subprocess.run(
        words, capture_output=True, text=True, timeout=60, check=False, **options
    )


def test_mpy_dir_that_points_nowhere_is_one_line(tmp_path: Path) -> None:
    finished = run("make", "-C", ROOT, "firmware", f"MPY_DIR={tmp_path}/none")
    assert finished.returncode != 0
    assert "no MicroPython source there (py/mpconfig.h is missing)" in finished.stderr


def test_a_folder_with_a_space_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "two words"
    (folder / "tools").mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", folder)
    shutil.copy(ROOT / "tools" / "sources.mk", folder / "tools")
    finished = run("make", "help", cwd=folder)
    assert finished.returncode != 0
    assert "cannot work in a folder whose path has spaces" in finished.stderr


def test_help_names_the_targets() -> None:
    finished = run("make", "-C", ROOT, "help")
    for target in ("setup", "setup-boards", "firmware", "demo", "test", "test-boards", "bench"):
        assert f"make {target}" in finished.stdout


def test_firmware_of_an_emulated_board_installs_its_compiler_first() -> None:
    finished = run("make", "-C", ROOT, "-n", "firmware", "BOARD=mps2_an500")
    assert "gcc-arm-none-eabi" in finished.stdout.split("fetch_sources.py")[0]


def test_installed_packages_are_passed_over_in_silence() -> None:
    finished = run(ROOT / "tools/apt_packages.sh", "dpkg", "bash")
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "", "")


@pytest.fixture
def path_without_sudo() -> Iterator[Path]:
    """Yield a folder of programs that any user may look into; pytest's own are private."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        path.chmod(0o755)
        (path / "dpkg-query").symlink_to(shutil.which("dpkg-query") or "dpkg-query")
        yield path


def test_a_missing_package_without_root_or_sudo_prints_the_line_to_run(
    path_without_sudo: Path,
) -> None:
    other_user = {"user": NOBODY} if os.geteuid() == 0 else {}
    script = (ROOT / "tools/apt_packages.sh").read_text()
    finished = run(
        "/bin/bash",
        "-c",
        script,
        "apt_packages",
        "dpkg",
        "runic-no-such",
        env={"PATH": str(path_without_sudo)},
        **other_user,
    )
    assert finished.returncode == 1
    assert "missing system packages: runic-no-such\n" in finished.stdout
    assert "apt-get install --no-install-recommends runic-no-such" in finished.stderr


def test_skip_apt_leaves_packages_alone() -> None:
    finished = run(
        ROOT / "tools/apt_packages.sh", "runic-no-such", env=os.environ | {"SKIP_APT": "1"}
    )
    assert (finished.returncode, finished.stdout) == (0, "")


def test_a_python_that_is_too_old_is_one_line(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    finished = run(ROOT / "tools/make_venv.sh", old, tmp_path / "venv", tmp_path / "stamp")
    assert finished.returncode == 1
    assert "older than Python 3.11" in finished.stderr
    assert not (tmp_path / "venv").exists()


def test_a_shared_environment_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "venv").symlink_to(tmp_path / "shared")
    finished = run(ROOT / "tools/make_venv.sh", "python3", tmp_path / "venv", tmp_path / "stamp")
    assert finished.returncode == 0
    assert list((tmp_path / "shared").iterdir()) == []


@pytest.mark.parametrize("name", ["apt_packages.sh", "make_venv.sh"])
def test_scripts_are_executable(name: str) -> None:
    assert os.access(ROOT / "tools" / name, os.X_OK)
