"""The arguments of `runicd policy`, `grant` and `revoke`, and of `cast` what concerns grants."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from runicd.cli_argument_types import kind, kinds, period
from runicd.cli_keys_arguments import add_owner
from runicd.cli_options import Add, add_json

GRANT_EXAMPLES = {
    "cli_grants:show": "-t unix-1",
    "cli_grants:set_policy": "policy.toml -t unix-1",
    "cli_grants:check": "sine.rune policy.toml",
    "cli_grants:grant": "sine -t unix-1",
    "cli_grants:revoke": "sine SERIAL",
}


def add_grants(add: Add, policy: Add, target: Callable[[argparse.ArgumentParser], None]) -> None:
    """Add the commands."""
    show = policy("show", "cli_grants:show", "print a board's policy")
    target(show)
    add_json(show)
    new = policy("set", "cli_grants:set_policy", "give a board a policy")
    new.add_argument("policy", metavar="FILE", help="TOML, see docs/grants.md")
    target(new)
    add_owner(new)
    check = policy(
        "check", "cli_grants:check", "say what a policy makes of a Rune, without a board"
    )
    check.add_argument("rune", metavar="RUNE", help="a .rune, a Runefile, or a folder with one")
    check.add_argument("policy", metavar="FILE", help="TOML, see docs/grants.md")
    add_json(check)
    grant = add(
        "grant", "cli_grants:grant", "grant a Rune what it asks for; a version that waits starts"
    )
    grant.add_argument(
        "rune",
        metavar="RUNE",
        help="the name of one on the board, or a .rune, a Runefile, or a folder with one",
    )
    grant.add_argument(
        "--period",
        type=period,
        metavar="MS",
        help="call the version that waited every MS milliseconds, 0: only on request",
    )
    revoke = add("revoke", "cli_grants:revoke", "take a grant back; a Rune that needs it stops")
    revoke.add_argument("name", metavar="NAME", help="the Rune's name")
    revoke.add_argument(
        "--waiting", action="store_true", help="only drop the version that waits for its grant"
    )
    for parser in (grant, revoke):
        parser.add_argument("kinds", nargs="*", type=kind, metavar="KIND", help="default: all")
        target(parser)
        add_owner(parser)


def add_grants_to_cast(cast: argparse.ArgumentParser) -> None:
    """Add how a cast gets its grant where nobody can be asked."""
    cast.add_argument(
        "--grant",
        type=kinds,
        default=[],
        metavar="KINDS",
        help="grant these where the board asks, such as SOUND,SERIAL",
    )
    cast.add_argument(
        "--downgrade", action="store_true", help="though the board had got to a later release"
    )
    cast.add_argument("-y", "--yes", action="store_true", help="grant all that the Rune asks for")
