"""The Runes on this board: their states, and what takes them from one to the next.

    received ─start─▶ waiting (period 0) or running ─stop─▶ stopped ─start─▶ …
    any of them ─error─▶ failed ─start─▶ …

A Rune that fails is unloaded: its memory is free for others, its last error is kept. One that is
called by its period is started again: restarts.py. If it was a new version, on trial, the previous
one takes its place and is started: versions.py.

A Rune that hangs takes the board with it. So its decision on flash says `starting` while it is
loaded and self-tested, and again during the first call of its period: if that mark is there at
boot, the Rune did not survive and is not started, and the board can be reached. One that somebody
started and that survived is tried at several boots: it is more likely that power was cut.
"""

import gc

from runicos import log, shortage
from runicos.contract.errors import (
    HASH_MISMATCH,
    INTERNAL,
    NO_SUCH_RUNE,
    NOT_GRANTED,
    NOT_RUNNING,
    NOT_SURVIVED,
    POLICY_DENIES,
    SOURCE_END,
    TRAP,
    RuneError,
)
from runicos.modules import unload_loading
from runicos.rune_state import FAILED, RUNNING, STOPPED, WAITING, Rune

# At so many boots in a row may a Rune that had survived its start be cut off while it starts.
TRIES = 3
_DENIALS = (NOT_GRANTED, POLICY_DENIES)


class Runes:
    """All Runes by name.

    `read_slot(parts, name)` yields a Slot, with a name only where a trusted key signed the file;
    `build(rune)` a Container, `note(level, name, text)`
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
        self.store = store
        self._schedule = schedule
        self._outputs = outputs
        self.read_slot = read_slot
        self._build = build
        self.note = note
        self.publish = publish
        self.by_name: "dict[str, Rune]" = {}

    # ---- From flash and from the link

    def renew(self, name: str) -> Rune:
        """Read a Rune's current version from flash, and start it if the one before ran."""
        rune = self.anew(name)
        try:
            self.open(rune)
        except Exception as error:
            self._fail(rune, _as_rune_error(error))
            return self.by_name[name]
        decided = self.store.decision(name)
        if _tries(decided) >= TRIES:
            self._fail(rune, RuneError(NOT_SURVIVED, name, name, name))
        elif decided.get("started"):
            rune.hangs = hangs(decided)
            try:
                self.restart(rune, _tries(decided) + 1)
            except RuneError:
                # Its state says failed; the board goes on with the others.
                gc.collect()
        return self.by_name[name]

    # ---- What owners ask for

    def start(self, name: str, period_ms: "int | None") -> "dict[str, object]":
        """Load a Rune and call it from now on. Raises RuneError."""
        rune = self._granted(name)
        self.unload(rune)
        rune.back_off = None
        rune.hangs = 0
        if rune.slot is None:
            self.open(rune)
        rune.tries = TRIES
        return self._load(rune, period_ms)

    def stop(self, name: str) -> None:
        """Unload a Rune; it stays on flash."""
        rune = self.find(name)
        self.unload(rune)
        rune.back_off = None
        self.enter(rune, STOPPED, None)
        self.store.decide(name, {"started": False})

    def remove(self, name: str) -> None:
        """Unload a Rune and delete it from flash, all its versions."""
        rune = self.find(name)
        self.unload(rune)
        self.store.remove(name)
        del self.by_name[name]
        rune.close()
        self.note(log.INFO, name, "removed", log.STATE)
        self.publish(name, "removed", None)

    def rows(self) -> "list[dict[str, object]]":
        """Return a line for each Rune, by name."""
        return [self.by_name[name].row() for name in sorted(self.by_name)]

    def warn(self, name: str, error: Exception, kind: int = log.NOTE, about: str = "") -> None:
        """Log what is wrong with a Rune and is no failure of it, with what it is `about` first."""
        self.note(log.WARNING, name, about + words(_as_rune_error(error)), kind)

    def ready(self, name: str) -> Rune:
        """Return a Rune that can be called now. Raises RuneError."""
        rune = self._granted(name)
        if rune.container is None:
            row = rune.row()
            state = "given up" if "given_up" in row else row["state"]
            raise RuneError(NOT_RUNNING, name, state, name)
        return rune

    def _granted(self, name: str) -> Rune:
        """Return a Rune that does not wait for its owner. Raises RuneError."""
        rune = self.find(name)
        if rune.waits:
            raise RuneError(NOT_GRANTED, name, "leave to run", name)
        return rune

    def unload_all(self) -> None:
        """Unload every Rune: the board is about to reset."""
        for rune in self.by_name.values():
            self.unload(rune)

    def guard_call(self, rune: Rune, under_way: bool, good_calls: int) -> None:
        """Take notice that a watched call of a Rune begins, and that it came back."""
        if under_way:
            self.mark(rune.name, rune.tries)
            return
        self.mark(rune.name, 0)
        self._count(rune, good_calls)
        if not rune.trial:
            rune.tries = 0

    def fail(self, rune: Rune, error: Exception) -> RuneError:
        """Unload a Rune whose call failed; return the error as hosts are told it."""
        told = rune.container.explain(error, rune.telemetry.times.calls + 1)
        rune.telemetry.fail(told)
        self.unload(rune)
        is_end = told.code == SOURCE_END
        level = log.WARNING if is_end else log.ERROR
        self.note(level, rune.name, words(told), log.NOTE if is_end else _kind(told))
        return told if is_end else self._gone_back(rune, told)

    def roll_back(self, rune: Rune, error: RuneError) -> "RuneError | None":
        """Let a Rune's previous version run in place of one that failed with this error.

        Returns what hosts are told of it; None when there is no previous version, or flash fails:
        then all stays as it is.
        """
        from runicos.versions import roll_back

        try:
            return roll_back(self, rune, error)
        except Exception as failure:
            self.warn(rune.name, failure)
            return None
        finally:
            unload_loading()

    def anew(self, name: str) -> Rune:
        """Put a Rune whose file is still to be read in the place of the one of that name."""
        from runicos.versions import recall

        self.make_room(name)
        old = self.by_name.get(name)
        rune = self.by_name[name] = Rune(name)
        if old is not None:
            rune.telemetry.flash = old.telemetry.flash
        rune.trial = recall(self.store, rune)
        return rune

    def restart(self, rune: Rune, tries: int) -> None:
        """Start a Rune as it was started last. Raises RuneError."""
        decided = self.store.decision(rune.name)
        rune.tries = tries
        self._load(rune, decided.get("period_ms"))

    def open(self, rune: Rune) -> None:
        """Read a Rune's file where it lies. Raises RuneError."""
        body = self.store.open(rune.name)
        try:
            self.read(rune, body)
        except Exception:
            body.close()
            raise

    def enter(self, rune: Rune, state: str, error: "RuneError | None", more: str = "") -> None:
        """Put a Rune into a state, and tell of it, with `more` in the log."""
        rune.state = state
        rune.last_error = error
        self.note(log.INFO, rune.name, state + more, log.STATE)
        told = None if error is None else [error.code, list(error.arguments)]
        self.publish(rune.name, state, told)

    # ---- Inside

    def _count(self, rune: Rune, good_calls: int) -> None:
        """Count good calls of a trial; at its end the version is confirmed."""
        if not rune.trial or not good_calls:
            return
        rune.trial = max(0, rune.trial - good_calls)
        if rune.trial:
            return
        from runicos.versions import end_trial

        try:
            end_trial(self.store, rune.name, rune.slot.manifest)
        except (RuneError, MemoryError) as error:
            # It is on trial again after a restart.
            self.warn(rune.name, error)
        unload_loading()

    def read(self, rune: Rune, body: object, is_checked: bool = False) -> None:
        """Give a Rune its body and its slot; who signed it may be known. Raises RuneError."""
        slot = self.read_slot(body.parts, None if is_checked else rune.name)
        digest = slot.sha256()
        if body.digest is not None and body.digest != digest:
            from runicos.slot import short_hash

            raise RuneError(HASH_MISMATCH, short_hash(digest), short_hash(body.digest))
        rune.slot, rune.body, rune.sha256 = slot, body, digest

    def make_room(self, name: str) -> None:
        """Let go all that a Rune takes in memory; `start` reads its file again."""
        rune = self.by_name.get(name)
        if rune is not None:
            self.unload(rune)
            rune.close()
            rune.state = STOPPED
        gc.collect()

    def find(self, name: str) -> Rune:
        """Return a Rune. Raises RuneError when there is none of that name."""
        if name not in self.by_name:
            raise RuneError(NO_SUCH_RUNE, name)
        return self.by_name[name]

    def _load(self, rune: Rune, period_ms: "int | None") -> "dict[str, object]":
        self.mark(rune.name, rune.tries)
        try:
            rune.container = self._build(rune)
            tested = rune.container.self_test()
            decided = {"started": True, "period_ms": period_ms}
            if rune.hangs:
                decided["hangs"] = rune.hangs
            self._decide(rune.name, decided)
        except Exception as error:
            told = _as_rune_error(error)
            self.mark(rune.name, 0)
            raise self._fail(rune, told)
        rune.ram_bytes = rune.container.ram_bytes
        rune.container.native.name = rune.name
        rune.container.native.times = rune.telemetry.times
        rune.period_ms = rune.container.period_ms if period_ms is None else period_ms
        if not rune.period_ms:
            rune.tries = 0
        self._count(rune, 1 if tested == "passed" else 0)
        if period_ms:
            # Whoever has it called so often allows what a call takes.
            rune.container.native.pace(period_ms)
        self._outputs.add(rune.name, rune.container.ring)
        self._schedule.add(rune)
        # One that is started again says what it failed with until it has long been well.
        earlier = None if rune.back_off is None else rune.last_error
        self.enter(rune, RUNNING if rune.period_ms else WAITING, earlier)
        return {
            "granted": rune.container.granted,
            "self_test": tested,
            "trial": rune.trial,
        }

    def mark(self, name: str, tries: int) -> None:
        """Keep on flash that a Rune is in what it may not come back from; 0 when it is not."""
        decided = self.store.decision(name)
        decided.pop("starting", None)
        if not self.by_name[name].hangs:
            decided.pop("hangs", None)
        if tries:
            decided["starting"] = tries
        try:
            self._decide(name, decided)
        except RuneError as error:
            # A full flash must not keep a Rune from running.
            self.warn(name, error)

    def _decide(self, name: str, decided: "dict[str, object]") -> None:
        """Keep a decision on flash, unless it stands there. Raises RuneError."""
        if self.store.decision(name) != decided:
            self.store.decide(name, decided)

    def unload(self, rune: Rune) -> None:
        """Let go what a Rune runs in; its file stays open, its decision on flash as it is."""
        self._schedule.remove(rune)
        self._outputs.remove(rune.name)
        if rune.container is not None:
            rune.denials = rune.container.denials(rune.denials)
            rune.container.close()
            rune.container = None
        rune.ram_bytes = 0
        gc.collect()

    def _fail(self, rune: Rune, error: RuneError) -> RuneError:
        """Stop a Rune that failed; return what hosts are told: on trial, that it went back."""
        self.unload(rune)
        self.note(log.ERROR, rune.name, words(error), _kind(error))
        self.enter(rune, FAILED, error)
        return self._gone_back(rune, error)

    def _gone_back(self, rune: Rune, error: RuneError) -> RuneError:
        """Go back if it was on trial; return what hosts are told of its error."""
        return (self.roll_back(rune, error) or error) if rune.trial else error


def words(error: RuneError) -> str:
    """Return what an error says."""
    # In memory only once something is wrong.
    from runicos.contract.sentences import sentence

    return sentence(error.code, error.arguments)


def _kind(error: RuneError) -> int:
    """Return of what kind the record of a failure is: a denial, where nothing else went wrong."""
    is_rate = error.code == TRAP and str(error.arguments[0]).endswith("rate exceeded")
    return log.DENIAL if is_rate or error.code in _DENIALS else log.FAILURE


def hangs(decided: "dict[str, object]") -> int:
    """Return how many resets in a row a decision on flash blames a Rune for."""
    count = decided.get("hangs", 0)
    return count if isinstance(count, int) else 0


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
