"""The Python API: the same verbs as the command line, for scripts and tests.

import runicd

rune = runicd.build("runes/sine")
with runicd.Simulator() as board:
    board.cast(rune)
    for result in board.results(count=3):
        print(result.value)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from runicd import call as calls
from runicd import feed as feeding
from runicd import record as recording
from runicd import results as payloads
from runicd import simulate, targets
from runicd.cast.cast import Cast, Quiet, Reporter
from runicd.cast.cast import cast as cast_rune
from runicd.cast.preflight import board_facts, preflight
from runicd.cast.start import start
from runicd.client import Client
from runicd.errors import InputError, RunicError
from runicd.files import write_bytes
from runicd.runefile.open_rune import open_rune
from runicd.sim import boards as sim
from runicd.sim.sensors import Sources
from runicd.types import Record, Result, Rune, Verdict

Paths = str | Path | Sequence[str | Path]


@dataclass(frozen=True, slots=True)
class Output:
    """What one call sent to one output.

    `tensors` are the values in the original's form: "type_name", "elements", "dimensions" …
    """

    rune: str
    channel: int
    sequence: int
    tensors: tuple[dict[str, Any], ...]

    @property
    def value(self) -> Any:
        """The elements of the first tensor: the one value itself when there is but one."""
        elements = self.tensors[0]["elements"]
        return elements[0] if len(elements) == 1 else elements


class Call(tuple[Output, ...]):
    """What one call sent, in order: a tuple of Outputs."""

    __slots__ = ()

    @property
    def value(self) -> Any:
        """The value of the first output. Raises RunicError when the call sent nothing."""
        if not self:
            raise RunicError("the call sent nothing")
        return self[0].value


class LiveBoard:
    """A board that can be talked to; use it in one thread, and close it.

    Every method raises LinkError or its kin when the board cannot be reached.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._listens = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the link; the board and its Runes go on."""
        self._client.close()

    @property
    def name(self) -> str:
        """The name that the board gives itself."""
        return self._client.greeting.board

    def facts(self) -> dict[str, Any]:
        """Return what the board is, has, and has free now."""
        return board_facts(self._client)

    def preflight(self, rune: Rune | str | Path) -> Verdict:
        """Return whether the board could run a Rune, with every reason against."""
        return preflight(open_rune(rune), self.facts())

    def cast(
        self,
        rune: Rune | str | Path,
        *,
        period_ms: int | None = None,
        reporter: Reporter | None = None,
        downgrade: bool = False,
    ) -> Cast:
        """Put a Rune (or the one in a file or folder) on the board and start it.

        `period_ms` overrides the Rune's own period; 0 means: only when called. A release behind
        the one that the board had confirmed needs `downgrade`, an owner's. Raises RefusedError
        with every reason, BoardError when the board fails it.
        """
        return cast_rune(
            open_rune(rune),
            self._client,
            reporter or Quiet(),
            period_ms=period_ms,
            listen=self._listen,
            downgrade=downgrade,
        )

    def call(self, name: str | None = None) -> Call:
        """Call a Rune once and return what it sent; `name` may be left out when there is but one.

        Raises BoardError when the call fails; its code is SOURCE_END at the end of sensor files.
        """
        name = name or self._only_rune()
        self._listen()
        return Call(_output(result) for result in calls.call(self._client, name))

    def results(
        self,
        name: str | None = None,
        *,
        count: int | None = None,
        timeout_s: float | None = 10.0,
    ) -> Iterator[Output]:
        """Yield what running Runes send, as it comes: of one Rune, or of all.

        Ends after `count` results, or when none came for `timeout_s` (None: never).
        """
        if count == 0:
            return
        self._listen()
        given = 0
        for item in calls.results(self._client, name=name, timeout_s=timeout_s):
            if isinstance(item, Result):
                yield _output(item)
                given += 1
                if given == count:
                    return

    def ps(self) -> list[dict[str, Any]]:
        """Return a map for each Rune on the board: name, state, calls, error, ram_bytes …"""
        return calls.ps(self._client)

    def stats(self, name: str | None = None) -> dict[str, Any]:
        """Return a Rune's figures, with its stages'."""
        return calls.stats(self._client, name or self._only_rune())

    def logs(self, name: str | None = None) -> list[Record]:
        """Return the log records that the board still holds, oldest first."""
        return list(calls.logs(self._client, name))

    def feed(
        self,
        *,
        sound: Paths = (),
        image: Paths = (),
        accelerometer: Paths = (),
        raw: Paths = (),
        once: bool = False,
        clear: bool = False,
    ) -> None:
        """Let a simulated board's sensors read these files from now on; they stay on its flash.

        `clear` first removes all that was fed before. Raises InputError for bad files, BoardError
        when the board has real sensors or too little flash.
        """
        if clear:
            feeding.clear(self._client)
        sources = Sources(_paths(sound), _paths(image), _paths(accelerometer), _paths(raw))
        feeding.feed_sources(self._client, sources, once)

    def record(
        self,
        kind: str,
        path: str | Path,
        *,
        samples: int = 0,
        windows: int = 0,
        seconds: float = 0.0,
        **params: int,
    ) -> list[Path]:
        """Write what a sensor delivers to a file, or to one a picture; return their paths.

        `samples` (bytes of RAW, x-y-z triples of ACCEL) make a window, `params` are the
        capability's: hz, width, height. Raises UsageError, RefusedError, BoardError.
        """
        wanted = recording.plan(kind, params, samples=samples, windows=windows, seconds=seconds)
        recording.check_path(wanted, Path(path))
        found = recording.files(wanted, recording.record(self._client, wanted), Path(path))
        for target, content in found.items():
            write_bytes(target, content)
        return list(found)

    def start(self, name: str, *, period_ms: int | None = None) -> None:
        """Start a Rune that is on the board. Raises BoardError when its first call fails."""
        start(self._client, name, period_ms)

    def stop(self, name: str) -> None:
        """Stop a Rune; it stays on the board."""
        self._client.request("stop", {"name": name})

    def remove(self, name: str) -> None:
        """Remove a Rune from the board."""
        self._client.request("rm", {"name": name})

    def _only_rune(self) -> str:
        names = [row["name"] for row in self.ps()]
        if len(names) != 1:
            there = f"there are {', '.join(names)}" if names else "there is no Rune on the board"
            raise InputError(f"which Rune is meant is not clear: {there}", remedy="give its name")
        return str(names[0])

    def _listen(self) -> None:
        """Subscribe, unless it is so already: what is on the way is not to be dropped."""
        if not self._listens:
            calls.subscribe(self._client, ["out"])
            self._listens = True


class Simulator(LiveBoard):
    """A simulated board that lasts as long as its `with` block.

    Sensors read from files or folders; they start over at the end unless `once`. `board` says
    which one it is (default: that of RUNIC_BOARD, or unix), `baud` how fast its serial line is,
    `limits` what differs from [limits] in its board.toml.
    Raises SimulatorError when there is no firmware, InputError for bad files.
    """

    def __init__(  # noqa: PLR0913 - each is an option of its own
        self,
        *,
        sound: Paths = (),
        image: Paths = (),
        accelerometer: Paths = (),
        raw: Paths = (),
        random: int | None = None,
        once: bool = False,
        heap_bytes: int = 0,
        board: str = "",
        baud: int = 0,
        limits: Mapping[str, int] | None = None,
    ) -> None:
        sources = Sources(
            _paths(sound), _paths(image), _paths(accelerometer), _paths(raw), random=random
        )
        options = sim.Options(
            sources,
            once=once,
            heap_bytes=heap_bytes,
            ephemeral=True,
            baud=baud,
            limits=limits or {},
        )
        self._board = simulate.start(board, options)
        try:
            super().__init__(Client(targets.of_simulated(self._board).connect))
        except BaseException:
            sim.stop(self._board)
            raise

    @property
    def id(self) -> str:
        """The target that names this board on the command line."""
        return self._board.id

    @property
    def pty(self) -> str:
        """The board's serial port; a board that was restarted may have got another."""
        return sim.current(self._board).pty

    @property
    def folder(self) -> Path:
        """Where the board's flash and log are."""
        return self._board.folder

    @contextmanager
    def free_port(self) -> Iterator[str]:
        """Leave the serial port to somebody else for the length of the block; yield its path.

        A board that has a serial line alone is otherwise held by this object, and not to be talked
        to through it meanwhile.
        """
        if self._board.tcp_port and not self._board.baud:
            yield self.pty
            return
        self._client.close()
        try:
            yield self.pty
        finally:
            self._client.reconnect()

    def restart(self) -> None:
        """Cut the power and switch it on again; flash stays, everything else is lost."""
        self._client.close()
        self._board = sim.restart(self._board)
        self._client.reconnect()
        self._listens = False

    def close(self) -> None:
        """Stop the board; safe to call twice."""
        try:
            super().close()
        finally:
            sim.stop(self._board)


def connect(target: str | None = None) -> LiveBoard:
    """Return the board that a target names, or the only one there is.

    Raises TargetError when there is none, or more than one to choose from.
    """
    return LiveBoard(targets.connect(target))


def list_targets() -> list[dict[str, Any]]:
    """Return a map for each board in sight: target, type, name, available."""
    found = targets.all_targets()
    return [
        {"target": b.target, "type": b.type, "name": b.name, "available": b.available}
        for b in targets.probe(found)
    ]


def _output(result: Result) -> Output:
    tensors = payloads.tensors(result)
    if not tensors:
        raise RunicError(f"output {result.channel} of {result.rune} is empty")
    return Output(result.rune, result.channel, result.sequence, tuple(tensors))


def _paths(given: Paths) -> tuple[Path, ...]:
    return (Path(given),) if isinstance(given, str | Path) else tuple(map(Path, given))
