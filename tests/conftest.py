"""What many tests need: a state folder of their own, and runicd as a process."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.board import ROOT
from tests.signing import install_default_key


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


# Files that take minutes. pytest-xdist keeps an order only with --no-loadscope-reorder.
LONGEST = ("test_fuzz.py", "test_extents.py", "test_campaign.py")

Command = Callable[..., Ended]


@pytest.fixture(scope="session", autouse=True)
def heeded_interrupts() -> None:
    """A shell's background jobs ignore Ctrl-C, and so would every command that a test starts."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the user's boards and those of the tests apart: either could clear away the other's."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("state")
        patch.setenv("RUNICD_STATE_DIR", str(folder))
        install_default_key(folder)
        yield


@pytest.fixture
def state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the test a state folder of its own, and end every board left in it."""
    folder = tmp_path / "state"
    monkeypatch.setenv("RUNICD_STATE_DIR", str(folder))
    install_default_key(folder)
    monkeypatch.delenv("RUNICD_TARGET", raising=False)
    yield folder
    from runicd.sim import boards

    for board_id in boards.ids():
        boards.stop(boards.find(board_id, dead_too=True))


@pytest.fixture
def command(state_folder: Path, tmp_path: Path) -> Command:
    """Return a function that runs `python -m runicd` in an empty folder."""

    def run(*arguments: str | Path, timeout_s: float = 60, **environment: str) -> Ended:
        ended = subprocess.run(
            [sys.executable, "-m", "runicd", *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=timeout_s,
            cwd=tmp_path,
            env=command_environment() | environment,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        assert "Traceback" not in ended.stderr, ended.stderr
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    return run


def command_environment() -> dict[str, str]:
    """Return the environment in which this checkout's runicd runs, with its own firmware."""
    paths = [str(ROOT / "host"), str(ROOT / "device"), os.environ.get("PYTHONPATH", "")]
    return dict(os.environ) | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that processes end at about the same time."""
    items.sort(key=lambda item: item.path.name not in LONGEST)
