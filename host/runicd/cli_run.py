"""`runicd run` and `runicd test`: a simulated board that lasts as long as the command."""

from __future__ import annotations

import wave
from argparse import Namespace
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from runicd import call as calls
from runicd import targets
from runicd.answers import checked
from runicd.cast.cast import Quiet, cast
from runicd.cli_board import board_for_now, sensor_advice
from runicd.cli_runes import print_call
from runicd.cli_show import Show
from runicd.cli_sim import sources
from runicd.client import Client
from runicd.errors import BoardError, InputError, UsageError
from runicd.runefile.open_rune import open_rune
from runicd.sim.sensors import KINDS, Sources
from runicd.types import Rune
from runicos.contract.errors import SELF_TEST_FAILED, SOURCE_END
from runicos.contract.rune_manifest import is_name

_TEST_DEADLINE_S = 60.0


def run(arguments: Namespace, show: Show) -> int:
    """Call a Rune until its sources end, or as often as asked; print one JSON object a call."""
    rune = open_rune(arguments.rune)
    given = sources(arguments)
    _check_read(rune, arguments)
    outputs = len(rune.manifest["outputs"]) if rune.manifest else 0
    with board_for_now(given, arguments.heap, once=True, board=arguments.board) as client:
        with sensor_advice(None):
            done = cast(rune, client, Quiet(), period_ms=0)
        show.detail(f"self-test: {done.self_test}")
        calls.subscribe(client, ["out"], rune.name)
        # Without files nothing ends, so one call is all that was asked for.
        left = arguments.repeats or (-1 if given.any_files else 1)
        while left:
            try:
                print_call(client, rune.name, outputs, show, pretty=arguments.pretty)
            except BoardError as error:
                if error.code == SOURCE_END:
                    break
                raise
            left -= 1
    return 0


def _check_read(rune: Rune, arguments: Namespace) -> None:
    """Refuse files that the Rune never reads: a run until their end would have none."""
    if rune.manifest is None:
        return
    wanted = {capability["kind"] for capability in rune.manifest["capabilities"]}
    for option, kind in KINDS.items():
        if getattr(arguments, option) and kind not in wanted:
            what = f"reads no {kind}, but {', '.join(sorted(wanted))}"
            raise InputError(what, where=rune.name, remedy=f"leave --{option} out")


def test(arguments: Namespace, show: Show) -> int:
    """Run the golden vectors that a Rune carries; the board compares."""
    if arguments.target:
        return _test_there(arguments, show)
    _check_is_file(arguments.rune)
    if arguments.update:
        from runicd.cli_golden import update

        written = update(arguments.rune, arguments.heap, arguments.board)
        show.note(f"{written}: written")
    rune = open_rune(arguments.rune)
    with (
        TemporaryDirectory() as folder,
        board_for_now(
            _stand_ins(Path(folder)), arguments.heap, once=True, board=arguments.board
        ) as client,
    ):
        try:
            done = cast(rune, client, Quiet(), period_ms=0)
        except BoardError as error:
            if error.code != SELF_TEST_FAILED:
                raise
            _report(show, rune.name, "failed", error.what)
            return error.exit_code
    return _verdict(show, rune.name, arguments.rune, done.self_test)


def _check_is_file(text: str) -> None:
    """Raise InputError for what is but a name: whoever writes that means a Rune on a board."""
    if is_name(text) and not text.endswith(".rune") and not Path(text).exists():
        remedy = f"`runicd test {text} -t TARGET` tests the one that is on a board"
        raise InputError("no such file", where=text, remedy=remedy)


def _verdict(show: Show, name: str, where: str, self_test: str) -> int:
    if self_test == "none":
        raise InputError(
            "the Rune carries no golden vectors",
            where=where,
            remedy="write them with `runicd test --update` in its folder, and build again",
        )
    _report(show, name, self_test, "")
    return 0


def _test_there(arguments: Namespace, show: Show) -> int:
    """Run the golden vectors of a Rune that is loaded on a board."""
    if arguments.update or arguments.board:
        raise UsageError("--update and --board are for simulated boards of its own, -t is not")
    rune = open_rune(arguments.rune) if Path(arguments.rune).exists() else None
    name = arguments.rune if rune is None else rune.name
    with targets.connect(arguments.target) as client:
        if rune is not None:
            _check_is_there(client, rune, arguments)
        try:
            answer = client.request("self_test", {"name": name}, deadline_s=_TEST_DEADLINE_S)
        except BoardError as error:
            if error.code != SELF_TEST_FAILED:
                raise
            _report(show, name, "failed", error.what)
            return error.exit_code
        tested = checked(answer, {"self_test": str}, "answer to `self_test`", client.where)
    return _verdict(show, name, arguments.rune, tested["self_test"])


def _check_is_there(client: Client, rune: Rune, arguments: Namespace) -> None:
    """Raise InputError where a board's Rune of that name is another version: a file was meant."""
    there = [row["sha256"] for row in calls.ps(client) if row["name"] == rune.name]
    if there and there != [sha256(rune.data).hexdigest()]:
        raise InputError(
            f"the {rune.name} on the board is another version than {arguments.rune}, so nothing "
            "is tested",
            where=client.where,
            remedy=f"`runicd cast {arguments.rune} -t {arguments.target}` puts it there, "
            f"`runicd test {rune.name} -t {arguments.target}` tests what is there",
        )


def _report(show: Show, name: str, verdict: str, reason: str) -> None:
    if show.json:
        show.value({"rune": name, "self_test": verdict, "reason": reason})
    else:
        show.line(f"{name}: self-test {verdict}" + (f": {reason}" if reason else ""))


def _stand_ins(folder: Path) -> Sources:
    """Return files that give the board every sensor: golden vectors take their place."""
    sound, image, motion, raw = (folder / name for name in ("s.wav", "i.ppm", "m.f32", "r.raw"))
    with wave.open(str(sound), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(bytes(2))
    image.write_bytes(b"P6\n1 1\n255\n" + bytes(3))
    motion.write_bytes(bytes(12))
    raw.write_bytes(bytes(1))
    return Sources((sound,), (image,), (motion,), (raw,), random=0)
