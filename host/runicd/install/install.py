"""Puts RunicOS onto a board of plain MicroPython, over its raw REPL.

What is there already, by hash, is not sent again: a second run of an install that was cut off goes
on with what is missing. main.py, which starts RunicOS, is written last.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runicd.answers import checked
from runicd.errors import InputError, LinkError, RefusedError
from runicd.install.modules import Compiled, compile_modules, find_board, modules
from runicd.install.repl import Repl
from runicd.names import counted
from runicos.contract.admission import SERVICE_BYTES

Progress = Callable[[int, int], None]
"""Called with (bytes on the board, bytes in all)."""

MODULES = ("wasm3", "rune", "nn", "dsp", "console")
"""The native modules that RunicOS cannot do without."""
_MARK = '"""Written by `runicd install`'
_MAIN = f'''{_MARK}: starts RunicOS; without this file MicroPython is alone."""

import sys

if "/lib" not in sys.path:
    sys.path.append("/lib")

import hal
from runicos import boot

boot.main(hal.Board())
'''
_KEPT = "/main_before_runicos.py"
# What a module takes in RAM for each 5 bytes of its file, as measured on a 32-bit board.
_RAM_FIFTHS = 7
_BLOCK_BYTES = 4096

_PROBE = f"""
import sys, gc, os, json
gc.collect()
told = dict(mpy=sys.implementation._mpy, machine=sys.implementation._machine)
told["ram_free"] = gc.mem_free()
told["flash_free"] = os.statvfs("/")[0] * os.statvfs("/")[4]
told["lacking"] = []
for name in {MODULES!r}:
    try:
        __import__(name)
    except ImportError:
        told["lacking"].append(name)
told["running"] = "runicos.boot" in sys.modules
try:
    import runicos
    told["runicos"] = runicos.__file__
except ImportError:
    told["runicos"] = ""
try:
    told["main"] = open("/main.py").readline()
except OSError:
    told["main"] = None
print(json.dumps(told))
"""
_HASHES = """
import hashlib, binascii, json, os
def told(path):
    try:
        file = open(path, "rb")
    except OSError:
        return ""
    digest = hashlib.sha256()
    piece = file.read(512)
    while piece:
        digest.update(piece)
        piece = file.read(512)
    return binascii.hexlify(digest.digest()).decode()
print(json.dumps([told(path) for path in {paths!r}]))
"""
_SHADOWS = """
import os, json
found = []
for path in {paths!r}:
    try:
        os.stat(path)
        found.append(path)
    except OSError:
        pass
print(json.dumps(found))
"""
_FOLDERS = """
import os
for path in {folders!r}:
    try:
        os.mkdir(path)
    except OSError as error:
        if error.errno != 17:
            raise
"""
_STALE = """
import os, json
found = []
for folder in {folders!r}:
    try:
        found += [folder + "/" + entry[0] for entry in os.ilistdir(folder) if entry[1] == 0x8000]
    except OSError:
        pass
for path in found:
    if path not in {kept!r}:
        os.remove(path)
"""
_TOLD: dict[str, type] = {
    "mpy": int,
    "machine": str,
    "ram_free": int,
    "flash_free": int,
    "lacking": list,
    "running": bool,
    "runicos": str,
}


@dataclass(frozen=True, slots=True)
class Installed:
    """What an install did: for which board, how many files there are and how many were sent."""

    board: str
    files: int
    sent: int
    sent_bytes: int


def install(repl: Repl, board: str | None, progress: Progress, *, force: bool) -> Installed:
    """Put RunicOS and the board's drivers into /lib, and a main.py that starts it.

    Nothing is written where it would not run. Raises RefusedError with everything that is missing,
    InputError for a main.py of the user's (`force` keeps it under another name), ToolMissing,
    LinkError.
    """
    told = checked(repl.ask(_PROBE), _TOLD, "answer", repl.where)
    if told["runicos"] and not told["runicos"].startswith("/lib"):
        what = "RunicOS is in this board's firmware already"
        raise InputError(what, where=repl.where, remedy="`runicd flash` brings a newer one")
    chip = told["machine"].partition(" with ")[2]
    name = find_board(chip, board)
    _check_main(told.get("main"), repl.where, force=force)
    _check_modules(told, repl.where)
    main = Compiled("/main.py", _MAIN.encode())
    files = [*compile_modules(modules(name), told["mpy"] & 0xFF), main]
    _check_shadows(repl, files)
    missing = _differing(repl, files)
    _check_room(told, files, missing, repl.where)
    if told.get("main") is not None and not told["main"].startswith(_MARK):
        repl.run(f"import os\nos.rename('/main.py', {_KEPT!r})")
    _send(repl, files, missing, progress)
    return Installed(name, len(files), len(missing), sum(len(file.data) for file in missing))


def start_anew(repl: Repl) -> None:
    """Restart the board, as by its reset button; the REPL is gone then."""
    repl.leave("import machine\nmachine.reset()")


def _check_main(first_line: str | None, where: str, *, force: bool) -> None:
    if first_line is None or first_line.startswith(_MARK) or force:
        return
    raise InputError(
        "the board has a main.py that is not RunicOS's",
        where=where,
        remedy=f"--force replaces it and keeps it as {_KEPT}",
    )


def _check_shadows(repl: Repl, files: Sequence[Compiled]) -> None:
    """Raise InputError for files of the user's that would be imported instead of RunicOS's."""
    names = [file.path.removesuffix(".mpy") for file in files if file.path.endswith(".mpy")]
    roots = {"/" + name.split("/")[2] for name in names}
    hiding = [f"{name}.py" for name in names]
    hiding += [f"{root}{ending}" for root in sorted(roots) for ending in ("", ".py", ".mpy")]
    found = repl.ask(_SHADOWS.format(paths=hiding))
    if found:
        what = f"{', '.join(map(str, found))} would be imported instead of RunicOS's"
        raise InputError(what, where=repl.where, remedy="rename it or remove it")


def _check_modules(told: Mapping[str, Any], where: str) -> None:
    reasons = [f"module {name} is not in its firmware" for name in told["lacking"]]
    if reasons:
        remedy = "build MicroPython with USER_C_MODULES=native_modules"
        raise RefusedError("RunicOS cannot run there", reasons, where=where, remedy=remedy)


def _check_room(
    told: Mapping[str, Any], files: Sequence[Compiled], missing: Sequence[Compiled], where: str
) -> None:
    """Raise RefusedError with the bytes short, before anything is written."""
    reasons = []
    # Each file takes whole blocks, the one that is written stands beside the one it replaces.
    blocks = sum(-(-len(file.data) // _BLOCK_BYTES) + 1 for file in missing)
    ram_bytes = SERVICE_BYTES + sum(len(file.data) for file in files) * _RAM_FIFTHS // 5
    demands = [("flash", blocks * _BLOCK_BYTES, told["flash_free"])]
    if not told["running"]:
        demands.append(("RAM", ram_bytes, told["ram_free"]))
    for kind, needed, free in demands:
        if needed > free:
            short = f"short by {needed - free} bytes of {kind}"
            reasons.append(f"{short}: {needed} needed, {free} available")
    if reasons:
        raise RefusedError("RunicOS does not fit", reasons, where=where)


def _differing(repl: Repl, files: Sequence[Compiled]) -> list[Compiled]:
    """Return the files that are not on the board as they should be."""
    there = repl.ask(_HASHES.format(paths=[file.path for file in files]))
    if not isinstance(there, list) or len(there) != len(files):
        raise LinkError("the board's answer cannot be read", where=repl.where)
    pairs = zip(files, there, strict=True)
    return [file for file, digest in pairs if hashlib.sha256(file.data).hexdigest() != digest]


def _send(
    repl: Repl, files: Sequence[Compiled], missing: Sequence[Compiled], progress: Progress
) -> None:
    total = sum(len(file.data) for file in missing)
    done = 0

    def count(size: int) -> None:
        nonlocal done
        done += size
        progress(done, total)

    folders = sorted({folder for file in files for folder in _folders(file.path)})
    repl.run(_FOLDERS.format(folders=folders))
    for file in missing:
        repl.write(file.path, file.data, count)
    ours = [folder for folder in folders if folder.count("/") > 1]
    repl.run(_STALE.format(folders=ours, kept=[file.path for file in files]))
    wrong = _differing(repl, missing)
    if wrong:
        what = f"{counted(len(wrong), 'file')} arrived damaged, {wrong[0].path} first"
        raise LinkError(what, where=repl.where, remedy="install again")


def _folders(path: str) -> list[str]:
    """Return the folders that a file lies in, the outermost first."""
    parts = path.split("/")[1:-1]
    return ["/" + "/".join(parts[: count + 1]) for count in range(len(parts))]
