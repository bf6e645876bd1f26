"""Fetching sources with pip: what is damaged, cut off or not there is never taken for a source."""

import os
import resource
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.host.setup_packages import command, fetch, make_sdist, make_wheel, sha256, write_pins

OTHER_CLIENT = """
[probe]
client = "ftp"
package = "p"
version = "1"
folder = "p"
holds = "h"
files = { x = "0" }
"""
# The index of the machine plays no part: these tests need no network.
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": "/dev/null", "PIP_EXTRA_INDEX_URL": ""}


@pytest.fixture
def sdist(tmp_path: Path) -> Path:
    return make_sdist(tmp_path / "index")


@pytest.fixture
def pins(tmp_path: Path, sdist: Path) -> Path:
    return write_pins(tmp_path / "sources.toml", "pip", {sdist.name: sha256(sdist)})


def offline(index: Path) -> dict[str, str]:
    return OFFLINE | {"PIP_FIND_LINKS": str(index)}


def tree(cache: Path) -> Path:
    return cache / "src" / "probe-1.0"


def assert_one_line(errors: str) -> None:
    assert errors.startswith("fetch_sources: ")
    assert errors.count("\n") == 1


def test_a_source_is_fetched_once_and_needs_nothing_afterwards(
    tmp_path: Path, sdist: Path, pins: Path
) -> None:
    cache = tmp_path / "cache"
    first = fetch(pins, cache, **offline(sdist.parent))
    assert (first.status, first.errors) == (0, "")
    assert "fetched" in first.output
    assert (tree(cache) / "probe" / "probe.h").is_file()
    sdist.unlink()
    second = fetch(pins, cache, **OFFLINE)
    assert second.status == 0
    assert "there" in second.output


def test_a_wheel_is_fetched_too(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "index")
    pins = write_pins(tmp_path / "sources.toml", "pip", {wheel.name: sha256(wheel)})
    cache = tmp_path / "cache"
    finished = fetch(pins, cache, **offline(wheel.parent))
    assert (finished.status, finished.errors) == (0, "")
    assert (tree(cache) / "probe" / "probe.h").read_text() == "// probe\n"


def test_a_wheel_with_another_hash_is_not_taken(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "index")
    pins = write_pins(tmp_path / "sources.toml", "pip", {wheel.name: "0" * 64})
    finished = fetch(pins, tmp_path / "cache", **offline(wheel.parent))
    assert finished.status == 1
    assert_one_line(finished.errors)
    assert not tree(tmp_path / "cache").exists()


def test_a_wrong_hash_is_refused_and_nothing_is_kept(tmp_path: Path, sdist: Path) -> None:
    pins = write_pins(tmp_path / "sources.toml", "pip", {sdist.name: "0" * 64})
    finished = fetch(pins, tmp_path / "cache", **offline(sdist.parent))
    assert finished.status == 1
    assert_one_line(finished.errors)
    assert "runicprobe" in finished.errors
    assert "HASH" in finished.errors.upper()
    assert not tree(tmp_path / "cache").exists()
    assert list((tmp_path / "cache" / "downloads").iterdir()) == []


def test_a_changed_pin_fetches_again(tmp_path: Path, sdist: Path, pins: Path) -> None:
    cache = tmp_path / "cache"
    assert fetch(pins, cache, **offline(sdist.parent)).status == 0
    write_pins(pins, "pip", {sdist.name: "1" * 64})
    assert fetch(pins, cache, **offline(sdist.parent)).status == 1


def test_a_truncated_download_is_refused(tmp_path: Path, sdist: Path, pins: Path) -> None:
    sdist.write_bytes(sdist.read_bytes()[:-100])
    finished = fetch(pins, tmp_path / "cache", **offline(sdist.parent))
    assert finished.status == 1
    assert_one_line(finished.errors)
    assert not tree(tmp_path / "cache").exists()


def test_a_damaged_file_in_the_download_folder_is_fetched_again(
    tmp_path: Path, sdist: Path, pins: Path
) -> None:
    cache = tmp_path / "cache"
    (cache / "downloads").mkdir(parents=True)
    (cache / "downloads" / sdist.name).write_bytes(sdist.read_bytes()[:100])
    assert fetch(pins, cache, **offline(sdist.parent)).status == 0
    assert sha256(cache / "downloads" / sdist.name) == sha256(sdist)


def test_a_tree_without_its_stamp_is_not_taken_for_a_finished_one(
    tmp_path: Path, sdist: Path, pins: Path
) -> None:
    cache = tmp_path / "cache"
    tree(cache).mkdir(parents=True)
    (tree(cache) / "half").touch()
    assert fetch(pins, cache, **offline(sdist.parent)).status == 0
    assert not (tree(cache) / "half").exists()
    assert (tree(cache) / "probe" / "probe.h").is_file()


@pytest.fixture
def stalling_index() -> Iterator[str]:
    """Yield the address of an index that accepts a connection and then never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/simple"


def test_an_interrupted_fetch_leaves_no_tree_and_the_next_one_cleans_up(
    tmp_path: Path, sdist: Path, pins: Path, stalling_index: str
) -> None:
    cache = tmp_path / "cache"
    environment = {
        "PATH": "/usr/bin:/bin",
        "PIP_INDEX_URL": stalling_index,
        "PIP_CONFIG_FILE": "/dev/null",
    }
    with subprocess.Popen(command(pins, cache), env=environment, start_new_session=True) as run:
        deadline_s = time.monotonic() + 30
        while not list(cache.glob("partial-*/requirements.txt")):
            assert time.monotonic() < deadline_s, "the fetch did not begin"
            time.sleep(0.02)
        os.killpg(run.pid, signal.SIGKILL)
    assert list(cache.glob("partial-*")) != []
    assert not tree(cache).exists()
    assert fetch(pins, cache, **offline(sdist.parent)).status == 0
    assert list(cache.glob("partial-*")) == []


def test_no_network_is_one_line(tmp_path: Path, pins: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    index = f"http://127.0.0.1:{port}/simple"
    finished = fetch(
        pins,
        tmp_path / "cache",
        PIP_INDEX_URL=index,
        PIP_RETRIES="0",
        PIP_CONFIG_FILE="/dev/null",
        PIP_EXTRA_INDEX_URL="",
        PIP_FIND_LINKS="",
    )
    assert finished.status == 1
    assert_one_line(finished.errors)


def test_a_file_that_cannot_be_written_is_one_line(
    tmp_path: Path, sdist: Path, pins: Path
) -> None:
    def limit_file_size() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))

    done = subprocess.run(
        command(pins, tmp_path / "cache"),
        preexec_fn=limit_file_size,
        env=os.environ | offline(sdist.parent),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert_one_line(done.stderr)
    assert not tree(tmp_path / "cache").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("not toml", "not valid TOML"),
        ("[probe]\nclient = 'pip'\n", "lacks the field"),
        (OTHER_CLIENT, "no client named 'ftp'"),
    ],
)
def test_a_broken_list_of_sources_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    pins = tmp_path / "sources.toml"
    pins.write_text(text)
    finished = fetch(pins, tmp_path / "cache")
    assert finished.status == 1
    assert_one_line(finished.errors)
    assert said in finished.errors


def test_an_unknown_name_is_one_line(tmp_path: Path, pins: Path) -> None:
    finished = fetch(pins, tmp_path / "cache", "nosuch")
    assert finished.status == 1
    assert "no source named nosuch" in finished.errors


def test_a_package_without_what_it_must_hold_is_refused(
    tmp_path: Path, sdist: Path, pins: Path
) -> None:
    pins.write_text(pins.read_text().replace("probe/probe.h", "probe/other.h"))
    finished = fetch(pins, tmp_path / "cache", **offline(sdist.parent))
    assert finished.status == 1
    assert "probe/other.h is not in the package" in finished.errors
    assert not tree(tmp_path / "cache").exists()
