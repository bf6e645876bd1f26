"""How real boards' firmware is built: what is missing is named; what is there is handed on.

The checkout is made up: its ports have a Makefile that writes down what it was called with, since
the SDKs of the real ones are not to be had here.
"""

import os
import subprocess
from pathlib import Path

import pytest

from tests.board import ROOT
from tests.boards_real.replaying import BOARDS

PORTS = {
    "portenta_h7": ("stm32", "ARDUINO_PORTENTA_H7", "firmware.dfu"),
    "pico2": ("rp2", "RPI_PICO2", "firmware.uf2"),
    "esp32s3": ("esp32", "ESP32_GENERIC_S3", "firmware.bin"),
}
SUBMODULES = (
    *("stm32lib", "libhydrogen", "mbedtls", "lwip", "mynewt-nimble", "cyw43-driver", "libmetal"),
    *("open-amp", "pico-sdk", "tinyusb", "berkeley-db-1.xx"),
)
TOLD = "$(BOARD)|$(BOARD_DIR)|$(USER_C_MODULES)|$(FROZEN_MANIFEST)|$(MICROPY_VFS_LFS2)"
PORT_MAKEFILE = f'all:\n\t@mkdir -p $(BUILD)\n\t@echo "{TOLD}" > $(BUILD)/ARTEFACT\n'


@pytest.fixture
def checkout(tmp_path):
    """Return a made-up full checkout of MicroPython."""
    folder = tmp_path / "micropython"
    for name in SUBMODULES:
        (folder / "lib" / name).mkdir(parents=True)
        (folder / "lib" / name / "README.md").touch()
    (folder / "mpy-cross").mkdir()
    (folder / "mpy-cross" / "Makefile").write_text("all:\n\t@true\n")
    for port, board, artefact in PORTS.values():
        stock = folder / "ports" / port / "boards" / board
        stock.mkdir(parents=True)
        (stock / "mpconfigboard.h").write_text("#define STOCK (1)\n")
        (stock / "mpconfigboard.cmake").write_text("set(STOCK 1)\n")
        (folder / "ports" / port / "Makefile").write_text(
            PORT_MAKEFILE.replace("ARTEFACT", artefact)
        )
    idf = tmp_path / "idf" / "tools" / "cmake"
    idf.mkdir(parents=True)
    (idf / "project.cmake").touch()
    return folder


def build(board: str, checkout: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Build as the top Makefile does, in a folder beside the checkout."""
    root = checkout.parent / "root"
    root.mkdir(exist_ok=True)
    for name in ("boards", "native_modules", "host", ".venv"):
        (root / name).unlink(missing_ok=True)
        (root / name).symlink_to(ROOT / name)
    command = ["make", "-f", f"boards/{board}/firmware.mk", f"BOARD={board}", f"ROOT={root}"]
    given = {"IDF_PATH": str(checkout.parent / "idf"), "MPY_DIR": str(checkout)} | environment
    return subprocess.run(
        [*command, "JOBS=1"],
        cwd=root,
        env=os.environ | given,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("board", BOARDS)
def test_the_stock_build_gets_our_modules_manifest_and_settings(board, checkout):
    finished = build(board, checkout)
    assert finished.returncode == 0, finished.stderr
    port, stock, artefact = PORTS[board]
    root = checkout.parent / "root"
    assert finished.stdout.splitlines()[-1] == f"firmware: {root}/build/{board}/{artefact}"
    told = (root / "build" / board / artefact).read_text().strip().split("|")
    assert told[0] == stock
    assert told[1] == f"{root}/build/{board}/board/{stock}"
    wanted = "native_modules" if port == "stm32" else "native_modules/micropython.cmake"
    assert told[2:4] == [f"{root}/{wanted}", f"{root}/boards/{board}/manifest.py"]
    assert (root / "build" / board / "board_toml" / "board_toml.py").is_file()
    assert told[4] == ("1" if port == "stm32" else "")
    for name in ("mpconfigboard.h", "mpconfigboard.cmake"):
        lines = (Path(told[1]) / name).read_text().splitlines()
        ours = f"{root}/boards/{board}/{name}"
        assert (len(lines) == 2 and ours in lines[1]) == (ROOT / "boards" / board / name).exists()


@pytest.mark.parametrize("board", BOARDS)
def test_without_a_checkout_one_line_says_what_to_give(board, checkout):
    fetched = checkout.parent / "root" / ".cache" / "src" / "micropython-1.25.0"
    finished = build(board, checkout, MPY_DIR=str(fetched))
    assert finished.returncode != 0
    (line,) = finished.stderr.splitlines()
    assert "the fetched MicroPython source has no lib/" in line
    assert f"make firmware BOARD={board} MPY_DIR=<folder>" in line


@pytest.mark.parametrize(
    ("board", "absent"),
    [
        ("portenta_h7", ["stm32lib"]),
        ("portenta_h7", ["lwip", "open-amp"]),
        ("pico2", ["pico-sdk"]),
        ("esp32s3", ["tinyusb"]),
    ],
)
def test_an_empty_submodule_is_named(board, absent, checkout):
    for name in absent:
        (checkout / "lib" / name / "README.md").unlink()
    (line,) = build(board, checkout).stderr.splitlines()
    port, stock, _ = PORTS[board]
    assert f"lacks {' '.join(f'lib/{name}' for name in absent)}; run: make -C" in line
    assert f"ports/{port} BOARD={stock} submodules" in line


def test_esp_idf_is_needed(checkout):
    (line,) = build("esp32s3", checkout, IDF_PATH="/nowhere").stderr.splitlines()
    assert "no ESP-IDF at IDF_PATH=/nowhere; install the version" in line


@pytest.mark.parametrize("board", BOARDS)
def test_a_checkout_without_the_port_is_refused(board, checkout):
    port, stock, _ = PORTS[board]
    (checkout / "ports" / port / "boards" / stock / "mpconfigboard.h").unlink()
    (line,) = build(board, checkout).stderr.splitlines()
    assert f"has no ports/{port}/boards/{stock}" in line


def test_a_build_that_fails_leaves_no_firmware(checkout):
    (checkout / "ports" / "rp2" / "Makefile").write_text("all:\n\t@false\n")
    finished = build("pico2", checkout)
    assert finished.returncode != 0
    assert not (checkout.parent / "root" / "build" / "pico2" / "firmware.uf2").exists()


def test_what_is_frozen_exists(tmp_path):
    """MicroPython's own reader of manifests finds every file of each board's."""
    script = """
import sys
sys.path.insert(0, sys.argv[1] + "/tools")
import manifestfile
folder = sys.argv[1] + "/ports/" + sys.argv[3]
places = {"MPY_DIR": sys.argv[1], "MPY_LIB_DIR": "", "PORT_DIR": folder}
manifest = manifestfile.ManifestFile(manifestfile.MODE_FREEZE, places)
manifest.execute(sys.argv[2] + "/manifest.py")
print(*sorted(file.target_path for file in manifest.files()))
"""
    source = next((ROOT / ".cache" / "src").glob("micropython-1*"))
    for board, (port, _, _) in PORTS.items():
        command = ["python3", "-c", script, str(source), str(ROOT / "boards" / board), port]
        environment = os.environ | {"RUNIC_BOARD_MODULE_DIR": str(tmp_path)}
        (tmp_path / "board_toml.py").touch()
        printed = subprocess.run(
            command, capture_output=True, text=True, check=True, env=environment
        ).stdout
        files = set(printed.split())
        assert {"main.py", "hal.py", "runicos/boot.py", "drivers/lsm6ds.py"} <= files
        assert "board_toml.py" in files
        assert ("_boot.py" in files) == (port != "stm32")
