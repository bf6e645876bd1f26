"""Copies the template under a new name and has its script write the model.

The template beside this file is a real project: what users get is what is tested here.
"""

from __future__ import annotations

import re
import runpy
import shutil
from pathlib import Path

from runicd.errors import InputError
from runicd.names import check_name

TEMPLATE = Path(__file__).parent / "template"
TEMPLATE_NAME = "tilt"
_SKIPPED = {"__pycache__", "__init__.py"}


def new_project(path: str | Path) -> list[Path]:
    """Make a project in a new folder, named as the Rune, and return its files.

    Raises InputError when the name is none or something is there already.
    """
    folder = Path(path)
    name = folder.resolve().name
    check_name(name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError("is there already", where=str(path), remedy="choose another name")
    was_there = folder.is_dir()
    try:
        return _write(folder, name)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        if was_there:
            folder.mkdir()
        raise InputError(f"cannot be written: {error.strerror}", where=str(path)) from None


def _write(folder: Path, name: str) -> list[Path]:
    written = []
    for source in sorted(TEMPLATE.rglob("*")):
        if not source.is_file() or _SKIPPED.intersection(source.parts):
            continue
        target = folder / str(source.relative_to(TEMPLATE)).replace(TEMPLATE_NAME, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = source.read_text("utf-8")
        target.write_text(re.sub(rf"\b{TEMPLATE_NAME}\b", name, text), "utf-8")
        written.append(target)
    runpy.run_path(str(folder / "make_model.py"), run_name="__main__")
    return [*written, folder / "model.tflite"]
