"""Packages made for tests of tools/fetch_sources.py: a source distribution and an apt archive."""

import hashlib
import io
import os
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "tools" / "fetch_sources.py"
SETUP_PY = "from setuptools import setup\nsetup(name='runicprobe', version='1.0', py_modules=[])\n"

CHANGELOG = """runicprobe (1.0-1) trixie; urgency=low

  * Probe.

 -- A <a@b.c>  Thu, 01 Jan 2026 00:00:00 +0000
"""


@dataclass(frozen=True, slots=True)
class Finished:
    """How fetch_sources ended."""

    status: int
    output: str
    errors: str


def sha256(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def make_tar(path: Path, compression: str, files: dict[str, str]) -> None:
    """Write a tar file with these members, the same bytes each time."""
    with tarfile.open(path, f"w:{compression}") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))


def make_sdist(folder: Path) -> Path:
    """Write runicprobe 1.0, a source distribution that holds `probe/probe.h`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "runicprobe-1.0.tar.gz"
    info = "Metadata-Version: 2.1\nName: runicprobe\nVersion: 1.0\n"
    files = {"PKG-INFO": info, "setup.py": SETUP_PY, "probe/probe.h": "// probe\n" * 4000}
    make_tar(path, "gz", {f"runicprobe-1.0/{name}": text for name, text in files.items()})
    return path


def make_wheel(folder: Path) -> Path:
    """Write runicprobe 1.0, a wheel that holds `probe/probe.h`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "runicprobe-1.0-py3-none-any.whl"
    about = "runicprobe-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("probe/probe.h", "// probe\n")
        archive.writestr(
            f"{about}/METADATA", "Metadata-Version: 2.1\nName: runicprobe\nVersion: 1.0\n"
        )
        archive.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{about}/RECORD", "")
    return path


def make_debian_source(folder: Path) -> list[Path]:
    """Write runicprobe 1.0-1, a Debian source package; return its files, the .dsc first."""
    folder.mkdir(parents=True, exist_ok=True)
    upstream = folder / "runicprobe_1.0.orig.tar.gz"
    packaging = folder / "runicprobe_1.0-1.debian.tar.gz"
    make_tar(upstream, "gz", {"runicprobe-1.0/probe/probe.h": "// probe\n"})
    make_tar(
        packaging,
        "gz",
        {
            "debian/changelog": CHANGELOG,
            "debian/source/format": "3.0 (quilt)\n",
            "debian/control": "Source: runicprobe\nMaintainer: A <a@b.c>\n",
        },
    )
    description = folder / "runicprobe_1.0-1.dsc"
    parts = (upstream, packaging)
    sums = "".join(f" {sha256(p)} {p.stat().st_size} {p.name}\n" for p in parts)
    md5_sums = "".join(f" {_md5(p)} {p.stat().st_size} {p.name}\n" for p in parts)
    description.write_text(
        "Format: 3.0 (quilt)\nSource: runicprobe\nBinary: runicprobe\nArchitecture: any\n"
        "Version: 1.0-1\nMaintainer: A <a@b.c>\n"
        f"Checksums-Sha256:\n{sums}Files:\n{md5_sums}"
    )
    return [description, upstream, packaging]


def _md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def make_archive(folder: Path, files: list[Path]) -> None:
    """Write the index of an apt archive with one source package in its suite trixie."""
    suite = folder / "dists" / "trixie"
    index = suite / "main" / "source" / "Sources"
    index.parent.mkdir(parents=True)
    sums = "".join(f" {sha256(p)} {p.stat().st_size} {p.name}\n" for p in files)
    index.write_text(
        "Package: runicprobe\nBinary: runicprobe\nVersion: 1.0-1\nArchitecture: any\n"
        f"Format: 3.0 (quilt)\nDirectory: pool\nChecksums-Sha256:\n{sums}"
    )
    size = index.stat().st_size
    (suite / "Release").write_text(
        "Origin: Probe\nSuite: trixie\nCodename: trixie\nComponents: main\n"
        f"SHA256:\n {sha256(index)} {size} main/source/Sources\n"
    )


def write_pins(path: Path, client: str, files: dict[str, str]) -> Path:
    """Write a sources.toml that pins runicprobe to these files (name → SHA-256)."""
    version = "1.0-1" if client == "apt" else "1.0"
    pins = "".join(f'"{name}" = "{value}"\n' for name, value in files.items())
    path.write_text(
        f'[probe]\nclient = "{client}"\npackage = "runicprobe"\nversion = "{version}"\n'
        'suite = "trixie"\nfolder = "probe-1.0"\nholds = "probe/probe.h"\n'
        f"[probe.files]\n{pins}"
    )
    return path


def command(pins: Path, cache: Path, *arguments: str) -> list[str]:
    """Return the command line that fetches what `pins` names into `cache`."""
    options = ["--sources", str(pins), "--cache", str(cache)]
    return [sys.executable, str(SCRIPT), *options, *arguments]


def fetch(pins: Path, cache: Path, *arguments: str, **environment: str) -> Finished:
    """Run fetch_sources to its end; return how it ended."""
    done = subprocess.run(
        command(pins, cache, *arguments),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | environment,
    )
    return Finished(done.returncode, done.stdout, done.stderr)
