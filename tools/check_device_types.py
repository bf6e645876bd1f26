"""Check the board's Python with mypy against the stubs of MicroPython's unix port.

The stubs are installed beside this interpreter's own packages, where mypy refuses to take a
standard library from; they are copied into a folder of their own, which plays the typeshed.
"""

import importlib.metadata
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_STUBS = _ROOT / "build" / "typings"
_DISTRIBUTIONS = ("micropython-unix-stubs", "micropython-stdlib-stubs")


def _stub_files() -> Iterator[tuple[Path, Path]]:
    """Yield (path in the distribution, installed path) of every stub."""
    for name in _DISTRIBUTIONS:
        for file in importlib.metadata.files(name) or []:
            if file.suffix in {".pyi", ".typed"} or file.name == "VERSIONS":
                yield Path(*file.parts), Path(str(file.locate()))


def _copy_stubs() -> None:
    shutil.rmtree(_STUBS, ignore_errors=True)
    for relative, installed in _stub_files():
        target = _STUBS / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        # The stubs do not pass mypy themselves, and are not ours to correct.
        mark = "# mypy: ignore-errors\n" if target.suffix == ".pyi" else ""
        target.write_text(mark + installed.read_text("utf-8"), "utf-8")


# Boards whose modules bear the same names are read one after the other.
_BOARDS = ("unix", "mps")
_MANIFESTS = ("manifest.py", "manifest_plain.py")


def _board_files(board: str) -> list[str]:
    """Return RunicOS and a board's own modules; manifests are read by MicroPython's tools."""
    runicos = (_ROOT / "device" / "runicos").rglob("*.py")
    folders = (_ROOT / "boards" / board, _ROOT / "boards" / "simulated")
    own = (p for folder in folders for p in folder.glob("*.py") if p.name not in _MANIFESTS)
    return sorted(str(path) for path in (*runicos, *own))


def _check(board: str) -> int:
    command = [sys.executable, "-m", "mypy", "--config-file", str(_ROOT / "tools/mypy_device.ini")]
    command += ["--custom-typeshed-dir", str(_STUBS), *_board_files(board)]
    command += ["--cache-dir", str(_ROOT / ".mypy_cache" / f"device-{board}")]
    folders = ("device", f"boards/{board}", "boards/simulated")
    search = os.pathsep.join(map(str, (_STUBS, *(_ROOT / folder for folder in folders))))
    environment = os.environ | {"MYPYPATH": search}
    return subprocess.run(command, env=environment, check=False).returncode


def main() -> int:
    """Return mypy's exit status."""
    _copy_stubs()
    return max(_check(board) for board in _BOARDS)


if __name__ == "__main__":
    sys.exit(main())
