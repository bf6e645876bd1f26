"""The repository's own files, without what is fetched, built or cached."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
_NOT_OURS = {
    ".cache",
    ".git",
    ".hypothesis",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".venv",
    "__pycache__",
    "build",
    "dist",
}


def _walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in _NOT_OURS or path.name.endswith(".egg-info"):
            continue
        if path.is_dir():
            yield from _walk(path)
        elif path.is_file():
            yield path


@cache
def own_files() -> tuple[Path, ...]:
    """Return every file that belongs to the repository."""
    return tuple(_walk(ROOT))


def files_with(*suffixes: str) -> list[Path]:
    """Return the repository's files with one of these suffixes."""
    return [path for path in own_files() if path.suffix in suffixes]


def shown(path: Path) -> str:
    """Return a path as a finding names it."""
    return str(path.relative_to(ROOT))


@cache
def parsed(path: Path) -> ast.Module:
    """Return a Python file's syntax tree."""
    return ast.parse(path.read_text("utf-8"), filename=str(path))
