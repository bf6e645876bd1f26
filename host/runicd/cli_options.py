"""Options that several commands take."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from runicd import cli_argument_types as types

Add = Callable[..., argparse.ArgumentParser]


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add --json."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def add_board(parser: argparse.ArgumentParser) -> None:
    """Add --board."""
    parser.add_argument(
        "--board", default="", help="which board is simulated (default: $RUNIC_BOARD, or unix)"
    )


def add_limits(parser: argparse.ArgumentParser) -> None:
    """Add --limit."""
    parser.add_argument(
        "--limit",
        type=types.limit,
        action="append",
        default=[],
        metavar="NAME=NUMBER",
        help="another limit than board.toml states (docs/quotas.md); may be repeated",
    )


def add_ram(parser: argparse._ActionsContainer) -> None:
    """Add --ram."""
    parser.add_argument(
        "--ram",
        type=types.size,
        metavar="BYTES",
        help="run layers in strips, so that arena and tables fit, such as 64K",
    )
