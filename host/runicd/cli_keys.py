"""`runicd sign` and `runicd keys`: who signs Runes, and whom boards trust."""

from __future__ import annotations

import shlex
from argparse import Namespace
from pathlib import Path
from typing import Any

from runicd import targets
from runicd.answers import checked, resumed
from runicd.cli_show import Show
from runicd.client import Client
from runicd.errors import BoardError, InputError, RuneFormatError
from runicd.files import read_bytes, write_bytes
from runicd.keys import board as boards
from runicd.keys import files, limits
from runicd.keys.files import Key
from runicd.keys.sign import sign as sign_bytes
from runicd.keys.sign import signer
from runicd.names import printable
from runicd.runefile.read_rune import read_rune
from runicos.contract.errors import BAD_REQUEST, UNKNOWN_KEY
from runicos.contract.signature import KEY_BYTES, key_id

_PUBLIC_HEAD = "runicd-ed25519"
_OWN_COLUMNS = {"name": "Name", "id": "Id", "file": "File"}
_BOARD_COLUMNS = {
    "name": "Name",
    "id": "Id",
    "runes": "Runes",
    "capabilities": "Capabilities",
    "comment": "Comment",
}
_BOARD_KEY: dict[str, type] = {"name": str, "id": bytes, "comment": str}


def signing_key(name: str | None, show: Show) -> Key:
    """Return the key that is named, or the default one; say so when it is made for that."""
    if name:
        return files.find(name)
    is_new = not any(key.name == files.DEFAULT for key in files.listed())
    key = files.default()
    if is_new and not show.json:
        show.note(f"made key {key.name} ({key.id.hex()}): {key.path}")
    return key


def sign(arguments: Namespace, show: Show) -> int:
    """Sign a Rune's file."""
    path = Path(arguments.rune)
    data = read_bytes(path)
    _check_is_rune(data, path)
    if not arguments.changed:
        _check_unchanged(data, path)
    signed = sign_bytes(data, signing_key(arguments.key, show))
    target = Path(arguments.output or path)
    write_bytes(target, signed)
    who = signer(signed)
    if show.json:
        show.value({"file": str(target), "bytes": len(signed), "key": who.id, "name": who.name})
    else:
        show.note(f"{target}: signed by {who.name} (key {who.id}), {len(signed):,} bytes")
    return 0


def _check_is_rune(data: bytes, path: Path) -> None:
    try:
        read_rune(data)
    except RuneFormatError as error:
        raise RuneFormatError(error.what, where=str(path), remedy=error.remedy) from error


def _check_unchanged(data: bytes, path: Path) -> None:
    """Raise InputError where a key of the user's signed something else than this."""
    before = signer(data)
    if before.valid is False:
        raise InputError(
            f"the signature of {before.name} (key {before.id}) is not of this file, which was "
            "changed or damaged since",
            where=str(path),
            remedy="build it anew, or if you know what was changed, `--changed` signs it as it is",
        )


def new(arguments: Namespace, show: Show) -> int:
    """Make a key."""
    passphrase = files.new_passphrase() if arguments.passphrase else ""
    _show_key(files.new(arguments.name, passphrase), show)
    return 0


def ls(arguments: Namespace, show: Show) -> int:
    """List the user's keys, or those that a board trusts."""
    if arguments.target is None:
        for fault in files.damaged():
            show.warn(str(fault))
        show.listing(
            [_own_row(key) for key in files.listed()],
            _OWN_COLUMNS,
            "No keys; `runicd keys new NAME` makes one, and so does the first build.",
        )
        return 0
    with targets.connect(arguments.target) as client:
        rows = [_board_row(row, client.where) for row in client.rows("keys")]
    show.listing(
        rows,
        _BOARD_COLUMNS,
        "The board trusts no key; `runicd keys trust default` makes it trust yours.",
    )
    return 0


def show(arguments: Namespace, show: Show) -> int:
    """Show one of the user's keys."""
    _show_key(files.find(arguments.key), show)
    return 0


def export(arguments: Namespace, show: Show) -> int:
    """Write the public half of a key."""
    key = files.find(arguments.key)
    line = f"{_PUBLIC_HEAD} {key.public.hex()} {key.name}"
    if arguments.output:
        write_bytes(Path(arguments.output), f"{line}\n".encode())
    else:
        show.line(line)
    return 0


def trust(arguments: Namespace, show: Show) -> int:
    """Have a board trust a key."""
    name, public = _public_of(arguments.key)
    given = {
        "name": name,
        "public": public,
        "comment": arguments.comment,
        "runes": limits.patterns_of(arguments.runes),
        "capabilities": limits.capabilities_of(arguments.capabilities),
    }
    target = targets.resolve(arguments.target)
    with Client(target.connect) as client:
        _check_room(client, key_id(public), target.id)
        answer = _trust(client, given, arguments.by)
        where, is_owned = client.where, boards.has_owner(client)
        again = resumed(answer, where)
    allowed = {"runes": given["runes"], "capabilities": given["capabilities"]}
    key = key_id(public).hex()
    found = {"name": name, "key": key, "board": where, "resumed": again, "has_owner": is_owned}
    if show.json:
        show.value(found | allowed)
    else:
        words = limits.in_words(**allowed)
        show.note(printable(f"{where} trusts key {key}, {name}: {words}"))
        for rune in again:
            show.note(printable(f"{rune} runs again"))
    _say_ownerless(where, show, is_owned=is_owned)
    return 0


def revoke(arguments: Namespace, show: Show) -> int:
    """Have a board trust a key no longer."""
    target = targets.resolve(arguments.target)
    remedy = f"`runicd keys ls -t {shlex.quote(target.id)}` lists what the board trusts"
    wanted = files.id_of(arguments.key, remedy)
    with Client(target.connect) as client:
        _distrust(client, wanted, arguments.by, remedy)
        where, is_owned = client.where, boards.has_owner(client)
    if show.json:
        show.value({"key": wanted.hex(), "board": where, "has_owner": is_owned})
    else:
        show.note(f"{where} trusts key {wanted.hex()} no longer")
    _say_ownerless(where, show, is_owned=is_owned)
    return 0


def _say_ownerless(where: str, show: Show, *, is_owned: bool) -> None:
    """Warn where nobody is left who could take a decision back from afar."""
    if not is_owned:
        show.warn(
            f"{where} trusts no owner's key any more: over a network it obeys nobody; over its "
            "cable it can be told to trust one again: docs/keys.md"
        )


def _check_room(client: Client, wanted: bytes, target: str) -> None:
    """Raise InputError where the board keeps as many keys as it can, and this is another."""
    ids = [
        checked(row, _BOARD_KEY, "list of keys", client.where)["id"] for row in client.rows("keys")
    ]
    if len(ids) >= boards.BOARD_KEYS_MAX and wanted not in ids:
        raise InputError(
            f"it trusts {len(ids)} keys already, and keeps no more",
            where=client.where,
            remedy=f"revoke one first: `runicd keys ls -t {shlex.quote(target)}` lists them",
        )


def _trust(client: Client, given: dict[str, Any], by: str | None) -> Any:
    try:
        return boards.command(client, "trust", given, boards.owner_of(client, by))
    except BoardError as error:
        if error.code == BAD_REQUEST and len(error.arguments) == 2:
            # It understood us: what it refuses is the key, as one of small order.
            error.what = (
                f"the board refuses key {key_id(given['public']).hex()}: {error.arguments[1]}"
            )
            error.remedy = "docs/keys.md says which keys boards take"
        raise


def _distrust(client: Client, wanted: bytes, by: str | None, remedy: str) -> None:
    try:
        boards.command(client, "distrust", {"key": wanted}, boards.owner_of(client, by))
    except BoardError as error:
        if error.code == UNKNOWN_KEY:
            # Whoever revokes a key does not want it trusted.
            error.remedy = remedy
        raise


def _own_row(key: Key) -> dict[str, Any]:
    return {"name": key.name, "id": key.id.hex(), "file": str(key.path)}


def _show_key(key: Key, show: Show) -> None:
    if show.json:
        show.value(_own_row(key) | {"public": key.public.hex()})
        return
    for label, value in (("Name", key.name), ("Id", key.id.hex()), ("Public", key.public.hex())):
        show.line(f"{label:<8}{value}")
    show.line(f"{'File':<8}{key.path}")


def _board_row(row: object, where: str) -> dict[str, Any]:
    found = checked(row, _BOARD_KEY, "list of keys", where)
    allowed = {name: _limit(found.get(name)) for name in ("runes", "capabilities")}
    return {"name": found["name"], "id": found["id"].hex(), "comment": found["comment"]} | allowed


def _limit(given: object) -> str:
    return ", ".join(map(str, given)) if isinstance(given, list) else "all"


def _public_of(text: str) -> tuple[str, bytes]:
    """Return the name and public half of a key of the user's, or of a file of `export`."""
    remedy = "`runicd keys export KEY -o FILE` writes one"
    if not Path(text).is_file():
        strange = f"and no such file; where the key is, {remedy}"
        key = files.find(text, strange) if text != files.DEFAULT else files.default()
        return key.name, key.public
    words = read_bytes(Path(text), 4096, remedy=remedy).decode(errors="replace").split()
    try:
        public = bytes.fromhex(words[1]) if words[0] == _PUBLIC_HEAD else b""
    except (IndexError, ValueError):
        public = b""
    if len(public) != KEY_BYTES:
        raise InputError("this is no public key of runicd", where=text, remedy=remedy)
    return words[2] if len(words) > 2 else Path(text).stem, public
