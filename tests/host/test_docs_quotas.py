"""docs/quotas.md's table of breaches: each test is there, each name is one of the code's."""

import re
import tomllib
from functools import cache

import pytest

from tests.board import ROOT

COLUMNS = ("limit", "manifest", "board", "default", "outcome", "test")
CODE = ("device/runicos", "native_modules", "boards")
# Where a limit is not stated in milliseconds or so, but by what there is.
NO_KEYS = ("the firmware's stack", "the heap", "24", "")


def rows() -> list[dict[str, str]]:
    text = (ROOT / "docs" / "quotas.md").read_text()
    section = text.partition("## Every breach")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [dict(zip(COLUMNS, row, strict=True)) for row in cells[1:]]


@cache
def code() -> str:
    files = [
        path
        for folder in CODE
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in (".py", ".c", ".h")
    ]
    return "\n".join(path.read_text() for path in files)


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_limit_that_a_board_states_is_in_it() -> None:
    stated = tomllib.loads((ROOT / "boards" / "unix" / "board.toml").read_text())["limits"]
    told = {name: row["default"] for row in rows() for name in names(row["board"])}
    # How often counts are written is nothing that a Rune could break.
    assert told == {key: str(value) for key, value in stated.items() if key != "counts_s"}
    assert all(names(row["board"]) or row["board"] in NO_KEYS for row in rows())


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["limit"].replace(" ", "-"))
def test_a_row_names_what_is_there(row: dict[str, str]) -> None:
    file, _, test = row["test"].partition("::")
    found = list((ROOT / "tests").rglob(file))
    assert len(found) == 1, file
    assert f"def {test}(" in found[0].read_text()
    for name in names(row["outcome"]):
        assert name in code(), name
    for field in names(row["manifest"]):
        assert f'"{field.rpartition(".")[2]}"' in code(), field
