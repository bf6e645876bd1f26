"""Fetching a Debian source package, from an archive in a folder, with the real apt and dpkg."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import apt_mirror
from tests.host.setup_packages import (
    Finished,
    fetch,
    make_archive,
    make_debian_source,
    sha256,
    write_pins,
)

needs_apt = pytest.mark.skipif(
    shutil.which("apt-get") is None or shutil.which("dpkg-source") is None,
    reason="this machine has no apt-get and dpkg-source",
)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    folder = tmp_path / "archive"
    make_archive(folder, make_debian_source(folder / "pool"))
    return folder


@pytest.fixture
def pins(tmp_path: Path, archive: Path) -> Path:
    files = {path.name: sha256(path) for path in sorted((archive / "pool").iterdir())}
    return write_pins(tmp_path / "sources.toml", "apt", files)


@pytest.fixture
def fetch_with(tmp_path: Path, pins: Path) -> Callable[[str], Finished]:
    """Return a function that fetches under an apt configuration with these sources."""
    parts = tmp_path / "sources.list.d"
    parts.mkdir()
    settings = tmp_path / "apt.conf"
    settings.write_text(
        f'Dir::Etc::SourceList "/dev/null";\nDir::Etc::SourceParts "{parts}";\n'
        'Acquire::Retries "0";\n'
    )

    def run(sources: str) -> Finished:
        (parts / "probe.sources").write_text(sources)
        return fetch(pins, tmp_path / "cache", APT_CONFIG=str(settings))

    return run


def stanza(uri: object) -> str:
    return f"Types: deb\nURIs: {uri}\nSuites: other\nComponents: main\nTrusted: yes\n"


@needs_apt
def test_a_source_package_comes_from_the_machines_own_mirror(
    tmp_path: Path, archive: Path, fetch_with: Callable[[str], Finished]
) -> None:
    finished = fetch_with(stanza(f"file:{archive}"))
    assert (finished.status, finished.errors) == (0, "")
    assert (tmp_path / "cache/src/probe-1.0/probe/probe.h").is_file()
    shutil.rmtree(archive)
    assert "there" in fetch_with(stanza(f"file:{archive}")).output


@needs_apt
def test_the_next_mirror_is_tried(
    tmp_path: Path, archive: Path, fetch_with: Callable[[str], Finished]
) -> None:
    finished = fetch_with(stanza(f"file:{tmp_path}/gone") + "\n" + stanza(f"file:{archive}"))
    assert finished.status == 0


@needs_apt
def test_a_mirror_without_the_suite_is_one_line(
    tmp_path: Path, archive: Path, fetch_with: Callable[[str], Finished]
) -> None:
    shutil.rmtree(archive / "dists")
    finished = fetch_with(stanza(f"file:{archive}"))
    assert finished.status == 1
    assert finished.errors.startswith("fetch_sources: probe: apt-get could not fetch")
    assert "suite trixie" in finished.errors
    assert finished.errors.count("\n") == 1
    assert not (tmp_path / "cache/src").exists()


@needs_apt
def test_no_mirror_is_one_line(fetch_with: Callable[[str], Finished]) -> None:
    finished = fetch_with("# nothing\n")
    assert finished.status == 1
    assert "apt has no mirror configured" in finished.errors


@needs_apt
def test_a_file_that_is_not_the_pinned_one_is_refused(
    tmp_path: Path, archive: Path, pins: Path, fetch_with: Callable[[str], Finished]
) -> None:
    upstream = archive / "pool" / "runicprobe_1.0.orig.tar.gz"
    pins.write_text(pins.read_text().replace(sha256(upstream), "0" * 64))
    finished = fetch_with(stanza(f"file:{archive}"))
    assert finished.status == 1
    assert f"{upstream.name} has SHA-256 {sha256(upstream)}, wanted 000" in finished.errors
    assert finished.errors.count("\n") == 1
    assert not (tmp_path / "cache/src").exists()
    assert list((tmp_path / "cache/downloads").iterdir()) == []


@needs_apt
def test_a_truncated_file_is_refused(
    tmp_path: Path, archive: Path, fetch_with: Callable[[str], Finished]
) -> None:
    upstream = archive / "pool" / "runicprobe_1.0.orig.tar.gz"
    upstream.write_bytes(upstream.read_bytes()[:50])
    finished = fetch_with(stanza(f"file:{archive}"))
    assert finished.status == 1
    assert finished.errors.count("\n") == 1
    assert not (tmp_path / "cache/src").exists()


def read_mirrors(monkeypatch: pytest.MonkeyPatch, folder: Path) -> list[apt_mirror.Mirror]:
    settings = folder / "apt.conf"
    settings.write_text(
        f'Dir::Etc::SourceList "{folder}/sources.list";\nDir::Etc::SourceParts "{folder}/parts";\n'
    )
    release = folder / "os-release"
    release.write_text('ID=debian\nVERSION_CODENAME="bookworm"\n')
    monkeypatch.setenv("APT_CONFIG", str(settings))
    monkeypatch.setenv("OS_RELEASE", str(release))
    return apt_mirror.mirrors()


@needs_apt
def test_one_line_entries_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sources.list").write_text(
        "# deb http://comment/x bookworm main\n"
        "deb http://tools/x nodistro main\n"
        "deb [arch=amd64 signed-by=/keys/a.gpg] http://mirror/debian bookworm main contrib # me\n"
        "deb http://mirror/debian bookworm-updates main\n"
        "deb http://mirror/debian-security bookworm-security main\n"
        "deb-src http://source/debian bookworm main\n"
        "deb http://other/debian bookworm contrib\n"
    )
    assert read_mirrors(monkeypatch, tmp_path) == [
        apt_mirror.Mirror("http://mirror/debian", "bookworm", "/keys/a.gpg"),
        apt_mirror.Mirror("http://tools/x", "nodistro"),
    ]


@needs_apt
def test_stanzas_are_read_with_an_inline_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "a.sources").write_text(
        "Types: deb deb-src\n# why\nURIs: http://mirror/debian\nSuites: bookworm trixie\n"
        "Components: main\nSigned-By:\n -----BEGIN KEY-----\n .\n abc\n"
        "\nEnabled: no\nTypes: deb\nURIs: http://off/x\nSuites: bookworm\nComponents: main\n"
        "\nTypes: deb-src\nURIs: http://source/x\nSuites: bookworm\nComponents: main\n"
    )
    (mirror,) = read_mirrors(monkeypatch, tmp_path)
    assert mirror.uri == "http://mirror/debian"
    assert mirror.stanza("trixie") == (
        "Types: deb-src\nURIs: http://mirror/debian\nSuites: trixie\nComponents: main\n"
        "Signed-By: \n -----BEGIN KEY-----\n .\n abc\n"
    )
