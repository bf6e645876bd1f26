"""Check the boards' Python with mypy against the stubs of their MicroPython ports.

Those of the unix port are installed beside this interpreter's own packages, those of the real
boards' ports lie in .cache, as the packages hold modules of the same names. mypy refuses to take a
standard library from either: they are copied into a folder of their own, which plays the typeshed.
"""

import importlib.metadata
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_TYPINGS = _ROOT / "build" / "typings"
_FETCHED = _ROOT / ".cache" / "src"
# The port of the other boards is stood for by the unix port.
_PORTS = {"portenta_h7": "stm32", "pico2": "rp2", "esp32s3": "esp32"}
_STDLIB = "micropython-stdlib-stubs"


def _installed(name: str) -> Iterator[tuple[Path, Path]]:
    """Yield (path in the distribution, installed path) of its files."""
    for file in importlib.metadata.files(name) or []:
        yield Path(*file.parts), Path(str(file.locate()))


def _fetched(port: str) -> Iterator[tuple[Path, Path]]:
    """Yield the same of a port's stubs. Raises FileNotFoundError saying how to get them."""
    folder = next(_FETCHED.glob(f"micropython-{port}-stubs-*"), None)
    if folder is None:
        raise FileNotFoundError(f"{_FETCHED}: no stubs of the port {port}; run `make stubs`")
    for path in folder.rglob("*"):
        yield path.relative_to(folder), path


def _copy_stubs(board: str, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    port = _PORTS.get(board)
    own = _fetched(port) if port else _installed("micropython-unix-stubs")
    for relative, source in (*own, *_installed(_STDLIB)):
        if source.suffix not in {".pyi", ".typed"} and source.name != "VERSIONS":
            continue
        path = target / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        # The stubs do not pass mypy themselves, and are not ours to correct.
        mark = "# mypy: ignore-errors\n" if path.suffix == ".pyi" else ""
        path.write_text(mark + source.read_text("utf-8"), "utf-8")


# Boards whose modules bear the same names are read one after the other.
_BOARDS = ("unix", "mps", *_PORTS)
_MANIFESTS = ("manifest.py", "manifest_plain.py")


def _folders(board: str) -> list[Path]:
    """Return where a board's firmware has its modules from."""
    shared = "drivers" if board in _PORTS else "simulated"
    return [_ROOT / "boards" / board, _ROOT / "boards" / shared]


def _board_files(board: str) -> list[str]:
    """Return RunicOS and a board's own modules; manifests are read by MicroPython's tools."""
    runicos = (_ROOT / "device" / "runicos").rglob("*.py")
    own = (p for folder in _folders(board) for p in folder.glob("*.py"))
    return sorted(str(path) for path in (*runicos, *own) if path.name not in _MANIFESTS)


def _check(board: str) -> int:
    stubs = _TYPINGS / board
    _copy_stubs(board, stubs)
    command = [sys.executable, "-m", "mypy", "--config-file", str(_ROOT / "tools/mypy_device.ini")]
    command += ["--custom-typeshed-dir", str(stubs), *_board_files(board)]
    command += ["--cache-dir", str(_ROOT / ".mypy_cache" / f"device-{board}")]
    # The drivers are a package, which is imported from the folder above.
    folders = (f.parent if f.name == "drivers" else f for f in _folders(board))
    search = os.pathsep.join(map(str, (stubs, _ROOT / "device", *folders)))
    environment = os.environ | {"MYPYPATH": search}
    return subprocess.run(command, env=environment, check=False).returncode


def main() -> int:
    """Return mypy's exit status, the worst of all boards'."""
    return max(_check(board) for board in _BOARDS)


if __name__ == "__main__":
    sys.exit(main())
