"""The commands and their arguments: words only, nothing that takes long to load."""

from __future__ import annotations

import argparse

from runicd import cli_argument_types as types
from runicd.cli_grants_arguments import GRANT_EXAMPLES, add_grants, add_grants_to_cast
from runicd.cli_keys_arguments import add_key, add_keys, add_sign
from runicd.cli_model_arguments import add_model, add_model_info
from runicd.cli_options import Add, add_board, add_json, add_limits, add_ram
from runicd.cli_saga_arguments import SAGA_EXAMPLES, add_saga
from runicos.contract.checked_manifest import ROUNDINGS

LEVELS = ("error", "warning", "info", "debug")
"""What log records are, the gravest first."""

EXAMPLES = {
    "cli_build:build": "runes/sine -o sine.rune",
    "cli_keys:sign": "sine.rune --key team",
    "cli_keys:ls": "-t unix-1",
    "cli_keys:new": "team",
    "cli_keys:show": "team",
    "cli_keys:export": "team -o team.pub",
    "cli_keys:trust": "team -t unix-1 --runes 'sine*'",
    "cli_keys:revoke": "team -t unix-1",
    "cli_look:inspect": "sine.rune",
    "cli_look:graph": "sine.rune -o sine.svg",
    "cli_look:fmt": "--check runes/sine",
    "cli_look:convert": "runes/sine -o Runefile.yml",
    "cli_model:info": "runes/sine/sine_float.tflite",
    "cli_model:diff": "old.tflite new.tflite",
    "cli_model:profile": "runes/digits/digits.tflite --board mps2_an385 -o profile.svg",
    "cli_model:check": "runes/digits/digits.tflite -n 100",
    "cli_model:plan": "runes/digits/digits.tflite -o planned.tflite",
    "cli_look:new": "gesture",
    "cli_run:run": "microspeech.rune --sound up.wav",
    "cli_run:test": "runes/sine",
    "cli_sim:up": "-n 2 --sound samples/ --heap 192k",
    "cli_sim:down": "unix-1",
    "cli_sim:restart": "unix-1",
    "cli_bench:bench": "-t mps2_an500-1 sine.rune --calls 500",
    "cli_install:install": "-t /dev/ttyACM0",
    "cli_sensors:feed": "-t mps2_an500-1 --sound samples/ --once",
    "cli_sensors:record": "--kind SOUND --hz 16000 --seconds 2 -o take.wav",
    "cli_targets:cast": "sine.rune -t unix-1 --follow",
    "cli_firmware:flash": "--board mps2_an500",
    "cli_doctor:doctor": "--json",
    **GRANT_EXAMPLES,
    "cli_runes:ps": "-t /dev/ttyACM0",
    "cli_runes:logs": "sine --follow",
    "cli_stats:stats": "sine -t unix-1",
    **SAGA_EXAMPLES,
    "cli_runes:start": "sine --period 500",
    "cli_runes:stop": "sine",
    "cli_runes:remove": "sine",
    "cli_runes:rollback": "sine",
    "cli_runes:call": "sine -n 3",
}
"""Arguments that a command's help shows; without any it is shown bare."""


def add_commands(
    top: argparse.ArgumentParser, parser_class: type[argparse.ArgumentParser]
) -> None:
    """Add every command to the top parser."""
    _common(top)
    add = _adder(top, parser_class)
    _add_making(add)
    add_sign(add)
    add_keys(_group(add, "keys", "keys that sign Runes and command boards"), _target)
    _add_looking(add)
    _add_running(add)
    add_model(_group(add, "model", "model files: info, diff, check, profile, plan"))
    _add_simulators(_group(add, "sim", "simulated boards: up, ls, restart, down"))
    _add_targets(_group(add, "targets", "boards in sight: ls; cast"))
    _add_cast(add)
    _add_runes(add)
    add_saga(add)
    add_grants(add, _group(add, "policy", "what a board's owner lets Runes do"), _target)
    _add_sensors(add)
    _add_bench(add)
    _add_install(add)


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-q", "--quiet", action="count", default=argparse.SUPPRESS, help="say less"
    )
    parser.add_argument(
        "-v", "--verbose", action="count", default=argparse.SUPPRESS, help="say more"
    )
    parser.add_argument(
        "--colour",
        "--color",
        choices=("auto", "always", "never"),
        default=argparse.SUPPRESS,
        help="colours (default: on a terminal)",
    )


def _adder(parent: argparse.ArgumentParser, parser_class: type[argparse.ArgumentParser]) -> Add:
    """Return the function that adds a command below a parser: its name, function and purpose."""
    commands = parent.add_subparsers(
        metavar="COMMAND", required=True, parser_class=parser_class, title="commands"
    )

    def add(name: str, command: str, text: str) -> argparse.ArgumentParser:
        example = f"example: {parent.prog} {name} {EXAMPLES.get(command, '')}".rstrip()
        parser = commands.add_parser(
            name,
            help=text,
            description=text,
            epilog=example if command else None,
            allow_abbrev=False,
        )
        _common(parser)
        parser.set_defaults(command=command, program=parser.prog)
        return parser

    return add


def _group(add: Add, name: str, text: str) -> Add:
    parser = add(name, "", text)
    return _adder(parser, type(parser))


def _json_anyway(parser: argparse.ArgumentParser) -> None:
    """Take --json where JSON is all there is."""
    parser.add_argument("--json", action="store_true", help="as without: results are JSON")


def _target(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-t",
        "--target",
        metavar="TARGET",
        help="a simulated board's id, a serial port or host:port (default: the only one there is)",
    )


def _files(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    files = parser.add_argument_group("sensors, each from files or folders, in order")
    for names, text in (
        (("--sound",), "WAV"),
        (("--image", "--img"), "PNG, JPEG, PPM …"),
        (("--accelerometer", "--accel"), "CSV or JSON of x, y, z"),
        (("--raw",), "bytes"),
    ):
        files.add_argument(*names, action="append", default=[], metavar="FILE", help=text)
    return files


def _sensors(parser: argparse.ArgumentParser) -> None:
    files = _files(parser)
    files.add_argument("--random", "--rand", type=int, metavar="SEED", help="seed of RAND")
    parser.add_argument(
        "--heap",
        type=types.heap,
        default=0,
        metavar="BYTES",
        help="the board's heap, such as 192k",
    )


def _add_running(add: Add) -> None:
    run = add("run", "cli_run:run", "run a Rune on a simulated board that lasts as long as this")
    run.add_argument("rune", metavar="RUNE", help="a .rune, a Runefile, or a folder with one")
    run.add_argument(
        "-n",
        "-r",
        "--repeats",
        type=types.count,
        metavar="N",
        help="calls (default: all the data)",
    )
    run.add_argument("--pretty", action="store_true", help="indent the JSON")
    run.add_argument("--engine", choices=("wasm3",), help=argparse.SUPPRESS)
    _json_anyway(run)
    add_board(run)
    _sensors(run)
    test = add(
        "test", "cli_run:test", "run a Rune's golden vectors, on a board or a simulated one"
    )
    test.add_argument("rune", metavar="RUNE", help="a .rune, a Runefile, or a folder with one")
    test.add_argument(
        "-t",
        "--target",
        metavar="TARGET",
        help="the board on which the Rune is; RUNE may be a name",
    )
    test.add_argument(
        "--update", action="store_true", help="write what the board computes to golden.json"
    )
    add_board(test)
    test.add_argument(
        "--heap", type=types.heap, default=0, metavar="BYTES", help="the board's heap"
    )
    add_json(test)


def _add_simulators(add: Add) -> None:
    up = add("up", "cli_sim:up", "start simulated boards")
    up.add_argument("-n", "--number", type=types.count, default=1, metavar="N", help="how many")
    add_board(up)
    up.add_argument(
        "--baud",
        type=types.baud,
        default=0,
        metavar="N",
        help="pace the serial line: bits a second",
    )
    add_limits(up)
    up.add_argument("--name", default="", help="the name that the board gives itself")
    _sensors(up)
    up.add_argument(
        "--plain", action="store_true", help="MicroPython without RunicOS, to install it on"
    )
    up.add_argument(
        "--once", action="store_true", help="sensor files end, instead of starting over"
    )
    add_json(up)
    add_json(add("ls", "cli_sim:ls", "list simulated boards"))
    for name, text in (
        ("down", "stop simulated boards: those named, or all"),
        ("restart", "cut the power of simulated boards and switch it on again"),
    ):
        parser = add(name, f"cli_sim:{name}", text)
        parser.add_argument("boards", nargs="*", metavar="ID", help="ids (default: all)")


def _add_targets(add: Add) -> None:
    add_json(add("ls", "cli_targets:ls", "list boards: simulated ones and serial ports"))
    _add_cast(add)


def _add_cast(add: Add) -> None:
    cast = add("cast", "cli_targets:cast", "put a Rune on a board and start it")
    cast.add_argument("rune", metavar="RUNE", help="a .rune, a Runefile, or a folder with one")
    _target(cast)
    cast.add_argument(
        "--period", type=types.period, metavar="MS", help="call it every so often, 0: not"
    )
    sent = cast.add_mutually_exclusive_group()
    sent.add_argument("--whole", action="store_true", help="send also what the board has already")
    sent.add_argument(
        "--from", dest="old", metavar="FILE", help="the .rune that the board has, to patch it"
    )
    add_grants_to_cast(cast)
    cast.add_argument("--follow", action="store_true", help="then print its outputs and logs")
    add_json(cast)


def _add_install(add: Add) -> None:
    text = "put RunicOS onto a board of plain MicroPython with the native modules"
    install = add("install", "cli_install:install", text)
    _target(install)
    install.add_argument("--board", help="which board it is (default: known by its chip)")
    install.add_argument("--force", action="store_true", help="replace a main.py of yours")
    add_json(install)


def _add_bench(add: Add) -> None:
    bench = add("bench", "cli_bench:bench", "print what each stage of a Rune costs on a board")
    bench.add_argument("rune", metavar="RUNE", help="a file or folder, or one that is there")
    _target(bench)
    bench.add_argument("--calls", type=types.count, default=200, metavar="N", help="default: 200")
    bench.add_argument("--keep", action="store_true", help="leave the Rune on the board")
    add_json(bench)


def _add_runes(add: Add) -> None:
    ps = add("ps", "cli_runes:ps", "list the Runes on a board")
    logs = add("logs", "cli_runes:logs", "print a board's log")
    logs.add_argument("name", nargs="?", metavar="NAME", help="one Rune's records only")
    logs.add_argument(
        "--level", choices=LEVELS, default=LEVELS[-1], help="as grave as this, or graver"
    )
    logs.add_argument("-f", "--follow", action="store_true", help="go on with what comes")
    stats = add("stats", "cli_stats:stats", "print what Runes cost: calls, times, memory")
    stats.add_argument("name", nargs="?", metavar="NAME", help="one Rune, with its stages")
    start = add("start", "cli_runes:start", "start a Rune that is on the board")
    start.add_argument("--period", type=types.period, metavar="MS", help="call it every so often")
    stop = add("stop", "cli_runes:stop", "stop a Rune; it stays on the board")
    remove = add("rm", "cli_runes:remove", "remove a Rune from the board")
    rollback = add("rollback", "cli_runes:rollback", "go back to a Rune's previous version")
    call = add("call", "cli_runes:call", "call a Rune and print what it sends")
    call.add_argument("-n", "--count", type=types.count, default=1, metavar="N", help="calls")
    call.add_argument("--pretty", action="store_true", help="indent the JSON")
    for parser in (start, stop, remove, rollback, call):
        parser.add_argument("name", metavar="NAME", help="the Rune")
    for parser in (ps, logs, stats, start, stop, remove, rollback, call):
        _target(parser)
    for parser in (ps, logs, stats, rollback):
        add_json(parser)
    _json_anyway(call)


def _add_sensors(add: Add) -> None:
    feed = add("feed", "cli_sensors:feed", "give a simulated board what its sensors shall read")
    _target(feed)
    _files(feed)
    for name, kept, unit in (
        ("--temperature", "temperature_c", "C"),
        ("--battery", "battery_mv", "MV"),
    ):
        text = f"what the board measures of itself, {'°C' if unit == 'C' else 'millivolts'}"
        feed.add_argument(name, dest=kept, type=float, metavar=unit, help=text)
    feed.add_argument("--once", action="store_true", help="it ends, instead of starting over")
    feed.add_argument("--clear", action="store_true", help="first remove all that was fed before")
    add_json(feed)
    record = add("record", "cli_sensors:record", "store what a sensor delivers, to be fed again")
    _target(record)
    record.add_argument("--kind", required=True, help="SOUND, IMAGE, ACCEL or RAW")
    record.add_argument(
        "-o", "--output", required=True, metavar="FILE", help=".wav, .ppm, .pgm, .csv, .f32, .raw"
    )
    record.add_argument("--seconds", type=types.seconds, default=0.0, metavar="S", help="of SOUND")
    for names, text in (
        (("--windows", "--count"), "how many windows (default: 1)"),
        (("--samples",), "what a window has: samples, x-y-z values of ACCEL, bytes of RAW"),
        (("--hz",), "SOUND: samples a second"),
        (("--width",), "IMAGE: columns"),
        (("--height",), "IMAGE: rows"),
    ):
        record.add_argument(*names, type=types.count, default=0, metavar="N", help=text)
    record.add_argument("--pixel-format", choices=("rgb", "bgr", "gray"), help="IMAGE: its pixels")
    record.add_argument(
        "--source", type=types.period, metavar="N", help="which of several, from 0"
    )
    add_json(record)


def _add_making(add: Add) -> None:
    """Add the commands that need no board."""
    build = add("build", "cli_build:build", "build a Rune from a Runefile")
    build.add_argument(
        "runefile",
        nargs="?",
        default=".",
        metavar="RUNEFILE",
        help="it, or its folder (default: .)",
    )
    build.add_argument("-o", "--output", metavar="FILE", help="default: NAME.rune")
    build.add_argument(
        "-n", "--name", help="the Rune's name (default: its folder's, or of Paper.yml: paper)"
    )
    build.add_argument("--period", type=types.period, metavar="MS", help="call it every so often")
    build.add_argument("--release", type=types.release, help="the Rune's own version")
    build.add_argument(
        "--security-counter", type=types.number, metavar="N", help="boards take no lower one later"
    )
    build.add_argument(
        "--call-limit-ms", type=types.count, metavar="MS", help="what a call may take at most"
    )
    build.add_argument("--rounding", choices=ROUNDINGS, help="of int8 results, as the board does")
    add_ram(build)
    add_key(build, "the key that signs it")
    build.add_argument("--unsigned", action="store_true", help="sign it not")
    build.add_argument("--current-dir", metavar="DIR", help="where relative paths start")
    build.add_argument("--cache-dir", "--debug", nargs="?", help=argparse.SUPPRESS)
    add_json(build)
    add_model_info(add, "model-info")
    flash = add("flash", "cli_firmware:flash", "build a board's firmware and put it to use")
    flash.add_argument("--board", required=True, help="which board")
    flash.add_argument(
        "-t", "--target", metavar="ID", help="the simulated board to restart (default: all such)"
    )
    add_json(add("doctor", "cli_doctor:doctor", "say what is missing, and what to do about it"))
    version = add("version", "cli_build:version", "print the versions of runicd and its parts")
    version.add_argument("-f", "--format", choices=("text", "json"), help=argparse.SUPPRESS)
    add_json(version)


def _add_looking(add: Add) -> None:
    """Add the commands that read and write files."""
    inspect = add("inspect", "cli_look:inspect", "show what is in a Rune, and which boards fit")
    inspect.add_argument("rune", metavar="RUNE", help="a .rune, a Runefile or a folder with one")
    inspect.add_argument("-f", "--format", choices=("text", "json"), help=argparse.SUPPRESS)
    add_json(inspect)
    graph = add("graph", "cli_look:graph", "draw a Rune's pipeline")
    graph.add_argument("rune", metavar="RUNE", help="a .rune, a Runefile or a folder with one")
    graph.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help=".svg, .dot, .gv, .mmd (default: Mermaid, printed)",
    )
    fmt = add("fmt", "cli_look:fmt", "rewrite Runefiles in canonical form")
    fmt.add_argument("runefile", nargs="*", metavar="RUNEFILE", help="default: .")
    fmt.add_argument("--check", action="store_true", help="change nothing; fail if it would")
    convert = add("convert", "cli_look:convert", "write an old Runefile as YAML")
    convert.add_argument("runefile", nargs="?", default=".", metavar="RUNEFILE")
    convert.add_argument("-o", "--output", metavar="FILE", help="default: printed")
    new = add("new", "cli_look:new", "lay down a starter project")
    new.add_argument("name", metavar="NAME", help="the folder to make; the Rune is named as it")
