"""Fetch the third-party sources that firmware is built from into a cache folder.

Every file is named with its version and SHA-256 in sources.toml and comes through a package
client (apt or pip) from whatever mirror this machine is configured to use; nothing of the
machine's own configuration is changed and no root is needed. A source tree appears in the cache
by one rename, after its files were verified and unpacked, so a folder that is there is whole.
Trees that are there already cost nothing and need no network.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import apt_mirror

_STAMP = ".fetched"
_PARTIAL_PREFIX = "partial-"
_HERE = Path(__file__).resolve().parent


class FetchError(Exception):
    """A source cannot be had; the text is the one line that the user sees."""


@dataclass(frozen=True, slots=True)
class Source:
    """One pinned source package, as sources.toml states it."""

    name: str
    client: str
    package: str
    version: str
    folder: str
    holds: str
    suite: str
    sha256_of_file: Mapping[str, str]
    patches: tuple[Path, ...]

    @property
    def stamp(self) -> str:
        """Text that a finished tree carries: it changes with any pinned hash, and any patch."""
        sums = {**self.sha256_of_file, **{path.name: _sha256(path) for path in self.patches}}
        return "".join(f"{sums[name]}  {name}\n" for name in sorted(sums))


def read_sources(path: Path) -> list[Source]:
    """Return the sources pinned in a sources.toml.

    Raises
    ------
    FetchError
        If the file is not TOML or a source lacks a field.

    """
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
        return [_source(name, table, path.parent) for name, table in tables.items()]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FetchError(f"{path}: not valid TOML: {error}") from error
    except KeyError as error:
        raise FetchError(f"{path}: a source lacks the field {error}") from error


def _source(name: str, table: Mapping[str, object], here: Path) -> Source:
    files = table["files"]
    if not isinstance(files, dict):
        raise KeyError("files")
    text = {key: str(table[key]) for key in ("client", "package", "version", "folder", "holds")}
    patches = sorted((here / str(table["patches"])).glob("*.patch")) if "patches" in table else ()
    return Source(
        name=name,
        suite=str(table.get("suite", "")),
        sha256_of_file=files,
        patches=tuple(patches),
        **text,
    )


def fetch(source: Source, cache: Path) -> bool:
    """Make sure that `cache/src/<folder>` holds the source; return whether it had to be fetched.

    Raises
    ------
    FetchError
        If the client cannot deliver the files or one of them has another SHA-256.

    """
    tree = cache / "src" / source.folder
    stamp = tree / _STAMP
    if stamp.is_file() and stamp.read_text("utf-8") == source.stamp:
        return False
    downloads = cache / "downloads"
    downloads.mkdir(parents=True, exist_ok=True)
    if _wrong_files(source, downloads):
        _download(source, cache, downloads)
    _unpack(source, downloads, tree)
    return True


def _wrong_files(source: Source, folder: Path) -> list[str]:
    """Return the names of the source's files that are missing or differ in `folder`."""
    return [
        name
        for name, sha256 in source.sha256_of_file.items()
        if not (folder / name).is_file() or _sha256(folder / name) != sha256
    ]


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _download(source: Source, cache: Path, downloads: Path) -> None:
    """Fetch into a folder of its own, verify there, and only then keep the files."""
    client = {"apt": _apt_download, "pip": _pip_download}.get(source.client)
    if client is None:
        raise FetchError(f"{source.name}: no client named {source.client!r} (apt, pip)")
    with tempfile.TemporaryDirectory(dir=cache, prefix=_PARTIAL_PREFIX) as folder:
        arrived = Path(folder)
        client(source, cache, arrived)
        for name in _wrong_files(source, arrived):
            raise FetchError(_mismatch(source, arrived / name))
        for name in source.sha256_of_file:
            (arrived / name).replace(downloads / name)


def _mismatch(source: Source, path: Path) -> str:
    if not path.is_file():
        return f"{source.name}: {source.client} did not deliver {path.name}"
    wanted = source.sha256_of_file[path.name]
    return (
        f"{source.name}: {path.name} has SHA-256 {_sha256(path)}, wanted {wanted};"
        " the download is damaged or not the pinned one, nothing of it was kept"
    )


def _is_wheel(source: Source) -> bool:
    return all(file.endswith(".whl") for file in source.sha256_of_file)


def _pip_download(source: Source, cache: Path, folder: Path) -> None:
    pins = "".join(f" --hash=sha256:{value}" for value in source.sha256_of_file.values())
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{source.package}=={source.version}{pins}\n", "utf-8")
    # pip runs the sdist's setup.py for its metadata, hence --no-build-isolation: what that needs
    # (setuptools, wheel, numpy) is in the environment; pip compares the hash before it does so.
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    kind = "--only-binary" if _is_wheel(source) else "--no-binary"
    command += [kind, ":all:", "--no-build-isolation", "--require-hashes"]
    _run(source, [*command, "--dest", str(folder), "-r", str(requirements)], cache)


def _apt_download(source: Source, cache: Path, folder: Path) -> None:
    _need_tools("apt-get", "apt-config", "dpkg-source")
    mirrors = apt_mirror.mirrors()
    if not mirrors:
        raise FetchError(
            f"{source.name}: apt has no mirror configured to take {source.package} from;"
            " add one, or point MPY_DIR at a MicroPython checkout"
        )
    failures: list[str] = []
    for mirror in mirrors:
        options = _private_apt(cache, mirror.stanza(source.suite))
        update = ["apt-get", *options, "update", "-qq", "--error-on=any"]
        wanted = f"{source.package}={source.version}"
        get = ["apt-get", *options, "source", "-qq", "--download-only", wanted]
        try:
            _run(source, update, folder)
            _run(source, get, folder)
        except FetchError as error:
            failures.append(str(error))
        else:
            return
    raise FetchError(f"{failures[0]} (tried {len(mirrors)} mirror(s) for suite {source.suite})")


def _private_apt(cache: Path, stanza: str) -> list[str]:
    """Write an apt configuration of our own under the cache and return the options to use it."""
    base = cache / "apt"
    for folder in ("sources.list.d", "lists/partial", "cache/archives/partial"):
        (base / folder).mkdir(parents=True, exist_ok=True)
    (base / "sources.list.d" / "source.sources").write_text(stanza, "utf-8")
    settings = {
        "Dir::Etc::SourceList": "/dev/null",
        "Dir::Etc::SourceParts": base / "sources.list.d",
        "Dir::State": base,
        "Dir::State::Lists": base / "lists",
        "Dir::State::status": "/dev/null",
        "Dir::Cache": base / "cache",
        "Acquire::Retries": 2,
        # As root, apt would else drop to a user who cannot write here, and warn about it.
        "APT::Sandbox::User": "root",
    }
    return [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]


def _need_tools(*names: str) -> None:
    missing = [name for name in names if shutil.which(name) is None]
    if missing:
        raise FetchError(f"{' and '.join(missing)} not found; run: make apt")


def _unpack(source: Source, downloads: Path, tree: Path) -> None:
    tree.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=tree.parent, prefix=_PARTIAL_PREFIX) as folder:
        partial = Path(folder) / "tree"
        _run(source, _unpack_command(source, downloads, partial), tree.parent)
        if not (partial / source.holds).is_file():
            raise FetchError(f"{source.name}: {source.holds} is not in the package")
        for path in source.patches:
            _patch(source, path, partial)
        (partial / _STAMP).write_text(source.stamp, "utf-8")
        if tree.exists():
            tree.replace(Path(folder) / "superseded")
        partial.replace(tree)


def _patch(source: Source, path: Path, tree: Path) -> None:
    """Apply one of our patches; it must fit exactly where it says."""
    _need_tools("patch")
    command = ["patch", "--strip=1", "--batch", "--forward", "--fuzz=0", f"--input={path}"]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        complaint = _complaint(done.stdout + done.stderr)
        raise FetchError(f"{source.name}: {path.name} does not apply: {complaint}")


def _unpack_command(source: Source, downloads: Path, partial: Path) -> list[str]:
    names = list(source.sha256_of_file)
    if source.client == "apt":
        _need_tools("dpkg-source")
        description = next(name for name in names if name.endswith(".dsc"))
        command = ["dpkg-source", "--no-copy", "--extract", str(downloads / description)]
        return [*command, str(partial)]
    if _is_wheel(source):
        return [sys.executable, "-m", "zipfile", "-e", str(downloads / names[0]), str(partial)]
    partial.mkdir()
    command = ["tar", "--extract", "--strip-components=1", "--no-same-owner"]
    return [*command, f"--directory={partial}", f"--file={downloads / names[0]}"]


def _run(source: Source, command: Sequence[str], folder: Path) -> None:
    """Run a client in `folder`; its complaint becomes our one line."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        complaint = _complaint(done.stderr + done.stdout)
        tool = Path(command[0]).name
        raise FetchError(
            f"{source.name}: {tool} could not fetch {source.package} {source.version}: {complaint}"
        )


def _complaint(output: str) -> str:
    """Return the line of a client's output that says what went wrong."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for marker in ("HASHES", "No space left", "E:", "Err:", "ERROR:", "error:"):
        for line in lines:
            if marker in line:
                return line
    return lines[-1] if lines else "it said nothing"


def _remove_partials(cache: Path) -> None:
    """Delete what an interrupted run left behind (nobody else runs: we hold the lock)."""
    for folder in (cache, cache / "src"):
        for path in folder.glob(f"{_PARTIAL_PREFIX}*"):
            shutil.rmtree(path, ignore_errors=True)


def _fetch_all(sources: Sequence[Source], cache: Path, *, quiet: bool) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _remove_partials(cache)
        for source in sources:
            fetched = fetch(source, cache)
            if fetched or not quiet:
                state = "fetched" if fetched else "there"
                print(f"{source.name} {source.version}: {state}, {cache / 'src' / source.folder}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Fetch the named sources (all by default); return 0, or 1 after one line of complaint."""
    parser = argparse.ArgumentParser(description="Fetch the pinned third-party sources.")
    parser.add_argument("names", nargs="*", help="sources to fetch (default: all)")
    parser.add_argument("--cache", type=Path, default=_HERE.parent / ".cache")
    parser.add_argument("--sources", type=Path, default=_HERE / "sources.toml")
    parser.add_argument("--quiet", action="store_true", help="say only what was fetched")
    options = parser.parse_args(arguments)
    try:
        sources = read_sources(options.sources)
        unknown = set(options.names) - {source.name for source in sources}
        if unknown:
            raise FetchError(f"no source named {', '.join(sorted(unknown))}")
        chosen = [s for s in sources if not options.names or s.name in options.names]
        _fetch_all(chosen, options.cache.resolve(), quiet=options.quiet)
    except (FetchError, OSError) as error:
        print(f"fetch_sources: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
