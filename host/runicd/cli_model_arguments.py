"""The arguments of `runicd model`: words only, nothing that takes long to load."""

from __future__ import annotations

import argparse

from runicd import cli_argument_types as types
from runicd.cli_options import Add, add_board, add_json, add_ram


def add_model(add: Add) -> None:
    """Add the commands on .tflite files."""
    add_model_info(add, "info")
    diff = add("diff", "cli_model:diff", "show what differs between two models")
    diff.add_argument("one", metavar="MODEL", help="a .tflite file")
    diff.add_argument("other", metavar="OTHER", help="another")
    check = add("check", "cli_model:check", "compare a board's results with TensorFlow Lite Micro")
    check.add_argument("model", metavar="MODEL", help="a .tflite file")
    check.add_argument(
        "--against",
        choices=("tflite-micro", "numpy"),
        default="tflite-micro",
        help="what is right (default: tflite-micro)",
    )
    check.add_argument(
        "-n", "--count", type=types.count, default=20, metavar="N", help="calls (default: 20)"
    )
    check.add_argument(
        "--seed", type=types.count, default=1, metavar="N", help="of the random inputs"
    )
    add_board(check)
    profile = add("profile", "cli_model:profile", "count what each op of a model executes")
    profile.add_argument("model", metavar="MODEL", help="a .tflite file")
    profile.add_argument("--board", default="mps2_an500", help="which (default: mps2_an500)")
    profile.add_argument("-o", "--output", metavar="FILE", help="a chart, too: .svg, .png, .pdf")
    plan = add("plan", "cli_model:plan", "plan a model's memory for longer than boards can")
    plan.add_argument("model", metavar="MODEL", help="a .tflite file")
    plan.add_argument("-o", "--output", required=True, metavar="FILE", help="the file to write")
    ways = plan.add_mutually_exclusive_group()
    ways.add_argument("--apart", action="store_true", help="let no result overlap its inputs")
    add_ram(ways)
    for parser in (diff, check, profile, plan):
        add_json(parser)


def add_model_info(add: Add, name: str) -> None:
    """Add `model info`, which the original tool calls `model-info`."""
    model = add(name, "cli_model:info", "show what a .tflite model is made of")
    model.add_argument("model", metavar="MODEL", help="a .tflite file")
    model.add_argument("-f", "--format", choices=("text", "json"), help=argparse.SUPPRESS)
    add_json(model)
