"""The arguments of `runicd sign` and `runicd keys`: words only."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from runicd.cli_options import Add, add_json


def add_key(parser: argparse.ArgumentParser, what: str) -> None:
    """Add --key."""
    parser.add_argument("--key", metavar="KEY", help=f"{what}: its name or id (default: default)")


def add_owner(parser: argparse.ArgumentParser) -> None:
    """Add --key, of an order."""
    parser.add_argument(
        "--key", dest="by", metavar="KEY", help="the owner's key that orders it over a network"
    )


def add_sign(add: Add) -> None:
    """Add `sign`."""
    sign = add("sign", "cli_keys:sign", "sign a .rune, in place of any signature that it has")
    sign.add_argument("rune", metavar="RUNE", help="a .rune, also of the original toolchain")
    sign.add_argument("-o", "--output", metavar="FILE", help="the file to write (default: RUNE)")
    sign.add_argument(
        "--changed", action="store_true", help="also a file that was changed since it was signed"
    )
    add_key(sign, "the key to sign with")
    add_json(sign)


def add_keys(add: Add, add_target: Callable[[argparse.ArgumentParser], None]) -> None:
    """Add the commands of `keys`."""
    new = add("new", "cli_keys:new", "make a key")
    new.add_argument("name", metavar="NAME", help="what to call it")
    new.add_argument(
        "--passphrase",
        action="store_true",
        help="lock its file with a passphrase, which is asked for",
    )
    listing = add("ls", "cli_keys:ls", "list your keys, or with -t those that a board trusts")
    add_target(listing)
    show = add("show", "cli_keys:show", "show one of your keys")
    show.add_argument("key", metavar="KEY", help="its name, or how its id begins")
    export = add("export", "cli_keys:export", "write a key's public half, for others to trust")
    export.add_argument("key", metavar="KEY", help="its name, or how its id begins")
    export.add_argument("-o", "--output", metavar="FILE", help="the file (default: print it)")
    trust = add("trust", "cli_keys:trust", "have a board trust a key")
    trust.add_argument("key", metavar="KEY", help="your key's name or id, or a file of `export`")
    trust.add_argument("--comment", default="", help="what the board keeps about it")
    trust.add_argument(
        "--runes", metavar="NAMES", help="names that it may sign, as kws*,sine (default: all)"
    )
    trust.add_argument(
        "--capabilities", metavar="KINDS", help="what its Runes may ask for, as SOUND,RAND"
    )
    revoke = add("revoke", "cli_keys:revoke", "have a board trust a key no longer")
    revoke.add_argument("key", metavar="KEY", help="your key's name, or an id as `ls` shows it")
    for parser in (trust, revoke):
        add_target(parser)
        add_owner(parser)
    for parser in (new, listing, show, trust, revoke):
        add_json(parser)
