"""The Runes on this board: their states, and what takes them from one to the next.

    received ─start─▶ waiting (period 0) or running ─stop─▶ stopped ─start─▶ …
    any of them ─error─▶ failed ─start─▶ …

A Rune that fails is unloaded: its memory is free for others, its last error is kept. One that is
called by its period is started again: restarts.py.

A Rune that hangs takes the board with it. So its decision on flash says `starting` while it is
loaded and self-tested, and again during the first call of its period: if that mark is there at
boot, the Rune did not survive and is not started, and the board can be reached. One that somebody
started and that survived is tried at several boots: it is more likely that power was cut.
"""

import gc

from runicos import log, shortage
from runicos.contract.errors import (
    BAD_MANIFEST,
    HASH_MISMATCH,
    INTERNAL,
    NO_SUCH_RUNE,
    NOT_RUNNING,
    NOT_SURVIVED,
    SOURCE_END,
    RuneError,
)
from runicos.telemetry import Telemetry

RECEIVED = "received"
WAITING = "waiting"
RUNNING = "running"
STOPPED = "stopped"
FAILED = "failed"
# At so many boots in a row may a Rune that had survived its start be cut off while it starts.
TRIES = 3


class Rune:
    """One Rune on flash; `container` is there while it is loaded.

    `body` holds the bytes that `slot` and `container` read in place; both are there or neither.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.slot: object = None
        self.body: object = None
        self.sha256 = b""
        self.state = RECEIVED
        self.period_ms = 0
        self.due_ms = 0
        self.ram_bytes = 0
        self.container: object = None
        self.last_error: "RuneError | None" = None
        # What its mark on flash says while it starts; 0 once it has survived that.
        self.tries = 0
        # A BackOff of restarts.py when it has failed lately.
        self.back_off: object = None
        self.telemetry = Telemetry()

    @property
    def unproven(self) -> bool:
        """Say whether the first call by its period is still to come."""
        return self.tries > 0

    @property
    def release(self) -> str:
        """Return the release that the manifest states; empty for original Runes."""
        manifest = None if self.slot is None else self.slot.manifest
        return "" if manifest is None else manifest.release

    def row(self) -> "dict[str, object]":
        """Return the Rune's line of `ps`."""
        error = self.last_error
        row = {
            "name": self.name,
            "release": self.release,
            "state": self.state,
            "calls": self.telemetry.calls,
            "failures": self.telemetry.failures,
            "last_error": None if error is None else [error.code, list(error.arguments)],
            "period_ms": self.period_ms,
            "ram_bytes": self.ram_bytes,
            "sha256": self.sha256,
            "last_us": self.telemetry.last_us,
            "mean_us": self.telemetry.mean_us,
            "total_us": self.telemetry.total_us,
        }
        if self.back_off is not None:
            row.update(self.back_off.row())
        return row


class Runes:
    """All Runes by name.

    `read_slot(mapping)` yields a Slot, `build(rune, grant)` a Container, `note(level, name, text)`
    logs, `publish(name, state, error)` tells hosts of a change.
    """

    def __init__(
        self,
        store: object,
        schedule: object,
        outputs: object,
        read_slot: object,
        build: object,
        note: object,
        publish: object,
    ) -> None:
        self._store = store
        self._schedule = schedule
        self._outputs = outputs
        self._read_slot = read_slot
        self._build = build
        self._note = note
        self._publish = publish
        self._runes: "dict[str, Rune]" = {}

    # ---- From flash and from the link

    def load(self) -> None:
        """Read every Rune on flash and start those that ran before."""
        for name in self._store.names():
            gc.collect()
            rune = Rune(name)
            try:
                self._open(rune)
            except Exception as error:
                self._fail(rune, _as_rune_error(error))
            self._runes[name] = rune
            decided = self._store.decision(name)
            if _tries(decided) >= TRIES:
                self._fail(rune, RuneError(NOT_SURVIVED, name, name, name))
            elif rune.slot is not None and decided.get("started"):
                try:
                    self.restart(rune, _tries(decided) + 1)
                except RuneError:
                    # Its state says failed; the board starts with the others.
                    gc.collect()

    def install(self, name: str, body: object, commit: object) -> None:
        """Take a verified file as the Rune `name`: check it, then let it replace the old one."""
        old = self._runes.get(name)
        try:
            self._check_file(name, body.view)
        except MemoryError:
            # Not beside the old one: that goes first, and is stopped if the new one is bad.
            self._make_room(old)
            self._check_file(name, body.view)
        commit()
        if self._store.decision(name).get("starting"):
            # It was the old one that did not survive.
            self._mark(name, 0)
        self._make_room(old)
        # Read where the old one was, in one piece: beside it there were only holes.
        rune = Rune(name)
        self._read(rune, body)
        self._runes[name] = rune
        self._note(log.INFO, name, "received, %d bytes" % len(body.view))
        self._publish(name, rune.state, None)

    # ---- What owners ask for

    def start(
        self, name: str, period_ms: "int | None", grant: "list[str] | None"
    ) -> "dict[str, object]":
        """Load a Rune and call it from now on. Raises RuneError."""
        rune = self._find(name)
        self._unload(rune)
        rune.back_off = None
        if rune.slot is None:
            self._open(rune)
        rune.tries = TRIES
        return self._load(rune, period_ms, grant)

    def stop(self, name: str) -> None:
        """Unload a Rune; it stays on flash."""
        rune = self._find(name)
        self._unload(rune)
        rune.back_off = None
        self.enter(rune, STOPPED, None)
        self._store.decide(name, {"started": False})

    def remove(self, name: str) -> None:
        """Unload a Rune and delete it from flash."""
        rune = self._find(name)
        self._unload(rune)
        self._store.remove(name)
        del self._runes[name]
        _close(rune)
        self._note(log.INFO, name, "removed")
        self._publish(name, "removed", None)

    def rows(self) -> "list[dict[str, object]]":
        """Return a line for each Rune, by name."""
        return [self._runes[name].row() for name in sorted(self._runes)]

    def ready(self, name: str) -> Rune:
        """Return a Rune that can be called now. Raises RuneError."""
        rune = self._find(name)
        if rune.container is None:
            raise RuneError(NOT_RUNNING, name, rune.state, name)
        return rune

    def reader(self, kind: str) -> "str | None":
        """Return the name of a loaded Rune that reads a kind of sensor, if there is one."""
        for rune in self._runes.values():
            if rune.container is not None and kind in rune.container.granted:
                return rune.name
        return None

    def digest(self, name: str) -> bytes:
        """Return the hash of a Rune's file. Raises RuneError."""
        return self._find(name).sha256

    def self_test(self, name: str) -> str:
        """Run a Rune's golden vectors; "passed", or "none" when it has none."""
        return self.ready(name).container.self_test()

    def statistics(self, name: str) -> "dict[str, object]":
        """Return a Rune's telemetry: its line of `ps`, its stages, its memory."""
        rune = self._find(name)
        statistics = rune.row()
        statistics["max_us"] = rune.telemetry.max_us
        statistics["traps"] = rune.telemetry.traps or {}
        statistics["stages"] = []
        if rune.container is not None:
            statistics.update(rune.container.statistics())
        return statistics

    def unload_all(self) -> None:
        """Unload every Rune: the board is about to reset."""
        for rune in self._runes.values():
            self._unload(rune)

    def guard_call(self, rune: Rune, under_way: bool) -> None:
        """Take notice that a Rune's first call begins, and that it came back."""
        if not under_way:
            rune.tries = 0
        self._mark(rune.name, rune.tries)

    def fail(self, rune: Rune, error: Exception) -> RuneError:
        """Unload a Rune whose call failed; return the error as hosts are told it."""
        told = rune.container.explain(error, rune.telemetry.calls + 1)
        rune.telemetry.fail(told)
        self._unload(rune)
        is_end = told.code == SOURCE_END
        self._note(log.WARNING if is_end else log.ERROR, rune.name, words(told))
        return told

    def restart(self, rune: Rune, tries: int) -> None:
        """Start a Rune as it was started last. Raises RuneError."""
        decided = self._store.decision(rune.name)
        rune.tries = tries
        self._load(rune, decided.get("period_ms"), decided.get("grant"))

    def enter(self, rune: Rune, state: str, error: "RuneError | None") -> None:
        """Put a Rune into a state, and tell of it."""
        rune.state = state
        rune.last_error = error
        self._note(log.INFO, rune.name, state)
        told = None if error is None else [error.code, list(error.arguments)]
        self._publish(rune.name, state, told)

    # ---- Inside

    def _open(self, rune: Rune) -> None:
        """Read a Rune's file where it lies. Raises RuneError."""
        body = self._store.open(rune.name)
        try:
            self._read(rune, body)
        except Exception:
            body.close()
            raise

    def _read(self, rune: Rune, body: object) -> None:
        """Give a Rune its body and its slot. Raises RuneError."""
        slot = self._read_slot(body.view)
        digest = slot.sha256()
        if body.digest is not None and body.digest != digest:
            from runicos.slot import short_hash

            raise RuneError(HASH_MISMATCH, short_hash(digest), short_hash(body.digest))
        rune.slot, rune.body, rune.sha256 = slot, body, digest

    def _check_file(self, name: str, view: memoryview) -> None:
        """Raise RuneError unless the file is a Rune of that name."""
        manifest = self._read_slot(view).manifest
        if manifest is not None and manifest.name != name:
            raise RuneError(
                BAD_MANIFEST, "manifest.name", "%s, sent as %s" % (manifest.name, name)
            )

    def _make_room(self, rune: "Rune | None") -> None:
        """Let go all that a Rune takes in memory; `start` reads its file again."""
        if rune is not None:
            self._unload(rune)
            _close(rune)
            rune.state = STOPPED
        gc.collect()

    def _find(self, name: str) -> Rune:
        if name not in self._runes:
            raise RuneError(NO_SUCH_RUNE, name)
        return self._runes[name]

    def _load(
        self, rune: Rune, period_ms: "int | None", grant: "list[str] | None"
    ) -> "dict[str, object]":
        self._mark(rune.name, rune.tries)
        try:
            rune.container = self._build(rune, grant)
            tested = rune.container.self_test()
            self._decide(rune.name, {"started": True, "period_ms": period_ms, "grant": grant})
        except Exception as error:
            told = _as_rune_error(error)
            self._mark(rune.name, 0)
            self._fail(rune, told)
            raise told
        rune.ram_bytes = rune.container.ram_bytes
        rune.period_ms = rune.container.period_ms if period_ms is None else period_ms
        if not rune.period_ms:
            rune.tries = 0
        self._outputs.add(rune.name, rune.container.ring)
        self._schedule.add(rune)
        # One that is started again says what it failed with until it has long been well.
        earlier = None if rune.back_off is None else rune.last_error
        self.enter(rune, RUNNING if rune.period_ms else WAITING, earlier)
        return {"granted": rune.container.granted, "self_test": tested}

    def _mark(self, name: str, tries: int) -> None:
        """Keep on flash that a Rune is in what it may not come back from; 0 when it is not."""
        decided = self._store.decision(name)
        decided.pop("starting", None)
        if tries:
            decided["starting"] = tries
        try:
            self._decide(name, decided)
        except RuneError as error:
            # A full flash must not keep a Rune from running.
            self._note(log.WARNING, name, words(error))

    def _decide(self, name: str, decided: "dict[str, object]") -> None:
        """Keep a decision on flash, unless it stands there. Raises RuneError."""
        if self._store.decision(name) != decided:
            self._store.decide(name, decided)

    def _unload(self, rune: Rune) -> None:
        self._schedule.remove(rune)
        self._outputs.remove(rune.name)
        if rune.container is not None:
            rune.container.close()
            rune.container = None
        rune.ram_bytes = 0
        gc.collect()

    def _fail(self, rune: Rune, error: RuneError) -> None:
        self._unload(rune)
        self._note(log.ERROR, rune.name, words(error))
        self.enter(rune, FAILED, error)


def words(error: RuneError) -> str:
    """Return what an error says."""
    # In memory only once something is wrong.
    from runicos.contract.sentences import sentence

    return sentence(error.code, error.arguments)


def _tries(decided: "dict[str, object]") -> int:
    """Return what the mark on flash says, 0 without one."""
    tries = decided.get("starting", 0)
    return tries if isinstance(tries, int) else TRIES


def _as_rune_error(error: Exception) -> RuneError:
    if isinstance(error, RuneError):
        return error
    if isinstance(error, MemoryError):
        return shortage.told(error)
    return RuneError(INTERNAL, repr(error))


def _close(rune: Rune) -> None:
    """Let a Rune's file go: nothing reads it any more."""
    rune.back_off = None
    rune.slot = None
    if rune.body is not None:
        rune.body.close()
        rune.body = None
