"""The schedule: which Rune is called when, and what happens when its call fails.

A Rune is called by its period or by request. Requests of many calls run in slices, so that links
and other Runes are served in between. `run_due` allocates nothing on a call that goes well.
"""

from micropython import const

from runicos.contract.errors import BUSY, NOT_RUNNING, RuneError

_SLICE_US = const(20_000)
_SLICE_CALLS_MAX = const(1000)
_IDLE_MS = const(500)
_CONGESTED_MS = const(5)
# After so long others are served before the rest of what is due.
_TURN_MS = const(1000)
_REQUESTS_MAX = const(16)
_TICKS_MASK = const(0x3FFFFFFF)
_TICKS_HALF = const(0x20000000)


class _Request:
    """Calls that somebody asked for, still to be made."""

    def __init__(self, rune: object, count: int, done: object, owner: object) -> None:
        self.rune = rune
        self.owner = owner
        self.count = count
        self.left = count
        self.done = done


class Schedule:
    """Calls Runes: objects with `container`, `period_ms`, `telemetry` and `due_ms`.

    `failed(rune, error)` is told of a call that failed, before its request is answered;
    `guard(rune, under_way, good_calls)` is told before and after the calls of an unproven Rune;
    `outputs` says what records have readers and delivers them.
    """

    def __init__(
        self,
        outputs: object,
        failed: object,
        guard: object,
        ticks_ms: object,
    ) -> None:
        self._outputs = outputs
        self._failed = failed
        self._guard = guard
        self._ticks_ms = ticks_ms
        self._periodic: "list[object]" = []
        self._requests: "list[_Request]" = []

    def add(self, rune: object) -> None:
        """Call a Rune by its period from now on; period 0 waits for requests."""
        self.remove(rune)
        if rune.period_ms:
            rune.due_ms = self._ticks_ms() & _TICKS_MASK
            self._periodic.append(rune)

    def remove(self, rune: object) -> None:
        """Call a Rune no longer; its open requests are answered with an error."""
        if rune in self._periodic:
            self._periodic.remove(rune)
        self._answer(self._take(rune), RuneError(NOT_RUNNING, rune.name, "stopped", rune.name))

    def request(self, rune: object, count: int, done: object, owner: object) -> None:
        """Call a Rune `count` times soon; `done(calls, error)` is called at the end.

        Raises RuneError when too many requests are open.
        """
        if count == 0:
            done(0, None)
            return
        if len(self._requests) >= _REQUESTS_MAX:
            raise RuneError(BUSY, "%d requests for calls" % len(self._requests))
        self._requests.append(_Request(rune, count, done, owner))

    def is_asked_by(self, owner: object) -> bool:
        """Say whether an owner waits for calls."""
        return any([request.owner is owner for request in self._requests])

    def forget(self, owner: object) -> None:
        """Make no more calls for an owner that is gone."""
        self._requests = [request for request in self._requests if request.owner is not owner]

    def step(self) -> int:
        """Run what is due, deliver outputs; return the milliseconds until more is due."""
        error = self.run_due()
        self._outputs.deliver()
        if error is not None:
            self._fail(error[0], error[1])
        wait_ms = self._wait_ms()
        begin_ms = self._ticks_ms()
        for request in list(self._requests):
            if request not in self._requests:
                continue  # its Rune failed in a slice before
            if (self._ticks_ms() - begin_ms) & _TICKS_MASK > _TURN_MS:
                # Those that had no turn come first next time.
                self._requests.append(self._requests.pop(0))
                return 0
            ran = self._run_slice(request)
            wait_ms = min(wait_ms, 0 if ran else _CONGESTED_MS)
            self._outputs.deliver()
        return wait_ms

    def is_well(self, runes: "dict[str, object]") -> bool:
        """Say whether each Rune was called in time: it waits for no more than a call of each."""
        loaded = [rune for rune in runes.values() if rune.container is not None]
        most_ms = 2 * _TURN_MS + sum([rune.container.runtimes[0].deadline_ms for rune in loaded])
        for rune in loaded:
            late_ms = (self._ticks_ms() - rune.due_ms) & _TICKS_MASK
            if rune.period_ms and most_ms < late_ms < _TICKS_HALF:
                return False
        return True

    def run_due(self) -> "tuple[object, Exception] | None":
        """Call each Rune that is due once; return the first that failed, with its error."""
        begin_ms = self._ticks_ms()
        for rune in self._periodic:
            now_ms = self._ticks_ms()
            late_ms = (now_ms - rune.due_ms) & _TICKS_MASK
            if late_ms < _TICKS_HALF:
                if (now_ms - begin_ms) & _TICKS_MASK > _TURN_MS:
                    # The first of the next turn is the one that there was no time for.
                    at = self._periodic.index(rune)
                    self._periodic = self._periodic[at:] + self._periodic[:at]
                    return None
                # Periods that were missed are skipped, not made up for.
                rune.due_ms = (
                    rune.due_ms + rune.period_ms * (late_ms // rune.period_ms + 1)
                ) & _TICKS_MASK
                try:
                    self._call(rune, 1, False)
                except Exception as error:
                    return rune, error
        return None

    def call_now(self, rune: object) -> None:
        """Call a Rune before returning: for code at the REPL. Raises RuneError."""
        try:
            self._call(rune, 1, True)
        except Exception as error:
            raise self._fail(rune, error)

    def _call(self, rune: object, calls: int, requested: bool) -> None:
        container = rune.container
        if not rune.unproven:
            container.call(calls, requested)
            return
        self._guard(rune, True, 0)
        before = container.calls
        try:
            container.call(calls, requested)
        finally:
            # Those before a failing one went well.
            self._guard(rune, False, container.calls - before)

    def _run_slice(self, request: _Request) -> bool:
        """Make some of a request's calls; False when its reader must catch up first."""
        rune = request.rune
        if self._outputs.congested(rune.name):
            return False
        calls = min(request.left, self._slice_calls(rune))
        try:
            self._call(rune, calls, True)
        except Exception as error:
            self._fail(rune, error)
            return True
        request.left -= calls
        if request.left == 0:
            self._outputs.deliver()
            self._requests.remove(request)
            request.done(request.count, None)
        return True

    def _slice_calls(self, rune: object) -> int:
        """Return how many calls fit a slice; one, when each one's output has a reader."""
        if self._outputs.wanted(rune.name):
            return 1
        return max(1, min(_SLICE_CALLS_MAX, _SLICE_US // max(1, rune.telemetry.times.last_us)))

    def _fail(self, rune: object, error: Exception) -> RuneError:
        """Stop a Rune; its open requests are answered with the error that it failed with."""
        waiting = self._take(rune)
        told = self._failed(rune, error)
        self._answer(waiting, told)
        return told

    def _take(self, rune: object) -> "list[_Request]":
        """Remove a Rune's open requests and return them."""
        taken = [request for request in self._requests if request.rune is rune]
        self._requests = [request for request in self._requests if request.rune is not rune]
        return taken

    def _answer(self, requests: "list[_Request]", error: RuneError) -> None:
        for request in requests:
            request.done(request.count - request.left, error)

    def _wait_ms(self) -> int:
        wait_ms = _IDLE_MS
        for rune in self._periodic:
            until_ms = (rune.due_ms - self._ticks_ms()) & _TICKS_MASK
            wait_ms = 0 if until_ms >= _TICKS_HALF else min(wait_ms, until_ms)
        return wait_ms
