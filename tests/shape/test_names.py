"""No file names a registry's host or a path of the machine that it was written on."""

import re
from pathlib import Path

import pytest

from tests.shape.repository import own_files, shown

# Put together here, so that this file does not hold what it looks for.
_HOSTS = [
    ".".join(parts)
    for parts in (
        ("deb", "debian", "org"),
        ("snapshot", "debian", "org"),
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("proxy", "golang", "org"),
        ("crates", "io"),
    )
]
_FOLDERS = [f"/{name}/" for name in ("work", "root", "home", "opt/wheels", "opt/pypi")]
_BEFORE = r"(?<![\w.$)}])"
_FORBIDDEN = re.compile("|".join([*map(re.escape, _HOSTS), *(_BEFORE + f for f in _FOLDERS)]))


def forbidden_names(text: str) -> list[str]:
    """Return what a text names and must not."""
    return [match.group() for match in _FORBIDDEN.finditer(text)]


def _text_of(path: Path) -> str:
    data = path.read_bytes()
    return "" if b"\0" in data else data.decode("utf-8", errors="replace")


def test_no_file_names_a_registry_host_or_a_path_of_a_machine() -> None:
    faults = [
        f"{shown(path)}: {name}"
        for path in own_files()
        for name in forbidden_names(_text_of(path))
    ]
    assert faults == []


@pytest.mark.parametrize(
    "text",
    [
        f"URIs: http://{_HOSTS[0]}/debian",
        f"index = https://{_HOSTS[2]}/simple",
        f"cd {_FOLDERS[0]}main",
        f'path = "{_FOLDERS[1]}x"',
        f"{_FOLDERS[3]}torch.whl",
    ],
)
def test_a_forbidden_name_is_found(text: str) -> None:
    assert len(forbidden_names(text)) == 1


@pytest.mark.parametrize("text", ["a/work/b", "$(ROOT)/work/", "network/root", "/usr/share/x"])
def test_a_harmless_name_is_left_alone(text: str) -> None:
    assert forbidden_names(text) == []
