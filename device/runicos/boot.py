"""Boot: makes every part and wires them; the only file of RunicOS that sees them all."""

import gc
import os
import time

import journal
import rune as native
from micropython import const

import runicos
from runicos import log, requests
from runicos.contract.errors import WENT_BACK
from runicos.link import FRAME_MAX
from runicos.link_serial import SerialLink
from runicos.modules import load_sandbox, unload_loading, unload_sandbox, unload_storing
from runicos.outputs import Outputs
from runicos.rune_state import RUNNING, WAITING
from runicos.runes import Runes
from runicos.schedule import Schedule
from runicos.service import Service
from runicos.store import Store

VERSION = "0.1.0"
_LINKS_MAX = const(5)
COLLECT_AFTER_BYTES = 8192
_TICKS_MASK = const(0x3FFFFFFF)
_TICKS_HALF = const(0x20000000)


def ticks_ms() -> int:
    """Return the board's clock in milliseconds, of 30 bits."""
    return time.ticks_ms() & _TICKS_MASK


def main(board: object) -> None:
    """Run RunicOS on a board until it is switched off; a reset starts anew."""
    # Garbage must not spread over the heap: what lives long would settle among it, high up, and
    # leave no large piece for an arena.
    gc.threshold(COLLECT_AFTER_BYTES)
    console = board.console()
    console.repl_start()
    while True:
        runicos.system = System(board, console)
        runicos.system.run()
        runicos.system = None
        gc.collect()
        board.reset()


class System:
    """Everything that runs on a board, wired; also what the service loop calls."""

    version = VERSION

    def __init__(self, board: object, console: object) -> None:
        self.board = board
        self._console = console
        self._boot_ms = ticks_ms()
        self.fault = board.last_fault()
        # Until a host that has read the greeting goes on: an answer can be lost.
        self.untold_fault = self.fault
        self.journal = journal.Ring()
        # Tells this boot from any other.
        self.boot_id = os.urandom(4)
        self._count_every_ms = 0
        self._count_due_ms = 0
        self.cause = board.reset_cause() if self.fault is None else "fault"
        self.service = Service(self, ticks_ms)
        self.store = Store(board.flash_root, board.bodies())
        self.outputs = Outputs(self.service, self.note)
        self.schedule = Schedule(self.outputs, self._failed, self._guard_call, ticks_ms)
        self.runes = Runes(
            self.store,
            self.schedule,
            self.outputs,
            self._read_slot,
            self._build,
            self.note,
            self._publish_state,
        )
        self._receiver: object = None
        self._uploads = 0
        self.recorder: object = None
        # Starts what a host has committed and does not start.
        self.successor: object = None
        self.restarts: object = None

    def run(self) -> None:
        """Start the Runes that ran before, then serve until a reset."""
        self._start_runes()
        self.service.add_link(SerialLink(self._console))
        listening = self.board.listener()
        if listening is not None:
            from runicos.link_tcp import TcpListener

            self.service.set_listener(TcpListener(listening, _LINKS_MAX))
        unload_loading()
        gc.collect()
        self.board.ready()
        self.service.run()
        self.note(log.INFO, "", "restarts, as it was asked to")
        self.runes.unload_all()

    def request_reset(self) -> None:
        """Reset after the answer has been sent."""
        self.service.stop()

    def facts(self) -> "dict[str, object]":
        """Return what the board is and has free now.

        What runs Runes is loaded meanwhile, so that it does not count as free.
        """
        # What looks for it is gone again before memory is counted.
        flash_free = self.store.free_bytes()
        load_sandbox()
        from runicos.facts import collect

        collected = collect(self.board, self.store.bodies.total_bytes, flash_free)
        collected["version"] = VERSION
        collected["last_fault"] = self.fault
        self._unload_sandbox()
        return collected

    def receive(self, event: str, link: object, *arguments: object) -> object:
        """Take one step of an upload; what that needs is in memory while one is under way."""
        if self._receiver is None:
            from runicos.limits import limit
            from runicos.receive import Receiver

            trial_calls = limit(self.board, "trial_calls")
            self._receiver = Receiver(self, trial_calls, ticks_ms, self._uploads)
        try:
            answer = self._receiver.step(event, link, *arguments)
            if event == "begin":
                self._recall()
            return answer
        finally:
            self._uploads = self._receiver.upload
            if not self._receiver.is_open:
                self._receiver = None
                unload_storing()

    def note(self, level: int, name: str, text: str, kind: int = log.NOTE) -> None:
        """Write a record into the log and to whoever follows it."""
        self._tell(name, self.journal.write(kind, level, name, text, self.uptime_ms()))

    # ---- What the service loop calls

    def answer(self, link: object, verb: str, given: "dict[str, object]") -> object:
        """Answer one request."""
        return requests.answer(self, link, verb, given)

    def chunk(self, link: object, upload: int, offset: int, data: memoryview) -> int:
        """Take one piece of an upload; return the offset wanted next."""
        return self.receive("chunk", link, upload, offset, data)

    def lost(self, link: object) -> None:
        """Take notice that a link is gone."""
        if self._receiver is not None and self._receiver.owner is link:
            self.receive("lost", link)
        self.schedule.forget(link)
        link.subscriptions.clear()

    def is_awaited(self, link: object) -> bool:
        """Say whether a link waits for an answer that comes later."""
        recorded = self.recorder is not None and self.recorder.link is link
        return recorded or self.schedule.is_asked_by(link)

    def feed_repl(self, text: bytes) -> None:
        """Give the REPL the text that was outside frames; what it runs may take long."""
        native.hold(True)
        try:
            self._console.repl_feed(text)
        finally:
            native.hold(False)

    def step(self) -> int:
        """Run what is due; return the milliseconds until more is."""
        wait_ms = self.schedule.step()
        if native.hungry() and self.schedule.is_well(self.runes.by_name):
            native.feed()
        if (ticks_ms() - self._count_due_ms) & _TICKS_MASK < _TICKS_HALF:
            self._count()
        if self.restarts is not None:
            wait_ms = min(wait_ms, self.restarts.step())
            if not self.restarts.runes:
                self.restarts = None
        if self.successor is not None:
            wait_ms = min(wait_ms, self.successor())
        if self.recorder is None:
            return wait_ms
        more_ms = self.recorder.step()
        if more_ms is None:
            self.recorder = None
            return wait_ms
        return min(wait_ms, more_ms)

    # ---- What stages call

    def _start_runes(self) -> None:
        from runicos.watching import start

        start(self)

    def begin_journal(self) -> None:
        """Write why the board started; what it wrote before may be there still."""
        from runicos.limits import limit

        self._count_every_ms = 1000 * limit(self.board, "counts_s")
        self._count_due_ms = (ticks_ms() + self._count_every_ms) & _TICKS_MASK
        text = "RunicOS %s on %s: %s" % (VERSION, self.board.name, self.cause)
        self.note(log.INFO, "", text, log.BOOT)
        if self.fault is not None:
            self.note(log.ERROR, "", "the board restarted after a fault: " + self.fault)

    def _count(self) -> None:
        """Write what Runes have done so far, of those that have done anything since."""
        self._count_due_ms = (ticks_ms() + self._count_every_ms) & _TICKS_MASK
        for name in self.runes.by_name:
            rune = self.runes.by_name[name]
            dropped = 0 if rune.container is None else rune.container.ring.dropped
            told = rune.telemetry.count(self.journal, name, self.uptime_ms(), dropped)
            if told:
                self._tell(name, told)

    def _tell(self, name: str, number: int) -> None:
        """Tell whoever follows it of a record in the journal."""
        if self.service.wanted("log", name):
            for line in self.journal.lines(None, number - 1, 1)[0]:
                self.service.publish("log", name, line)
        if self.service.wanted("saga", name):
            frames = self.journal.frames(None, number - 1, FRAME_MAX)
            self.service.publish("saga", name, frames)

    def _recall(self) -> None:
        """Read again what is known of previous versions: an upload may have taken their places."""
        from runicos.versions import recall

        for rune in self.runes.by_name.values():
            recall(self.store, rune)

    def _unload_sandbox(self) -> None:
        """Keep what runs Runes in memory only while there are any."""
        if self.runes.rows():
            unload_loading()
        else:
            unload_sandbox()

    def _read_slot(self, file: "tuple[memoryview, ...]", name: "str | None" = None) -> object:
        from runicos.reading import read_slot

        return read_slot(self.board.flash_root, file, name)

    def _build(self, rune: object) -> object:
        if rune.slot.manifest is None:
            return self._build_original(rune, self.facts())
        _permit(self.store.root, rune)
        # The facts, and what checks them, are gone when the container is made: it may need all
        # the memory there is.
        granted = _checked(rune.slot, self.facts())
        load_sandbox()
        from runicos.container import build

        return build(granted, rune.slot, self.board, self.note)

    def _build_original(self, rune: object, allowed: "dict[str, object]") -> object:
        from runicos.check import original_ram_bytes
        from runicos.original import build

        ram_bytes = original_ram_bytes(rune.slot, allowed)
        return build(rune, allowed, ram_bytes, self.board, self.note)

    def _failed(self, rune: object, error: Exception) -> object:
        told = self.runes.fail(rune, error)
        if told.code == WENT_BACK:
            return told
        if self.restarts is None:
            # What the Rune had is free: there is memory for this.
            from runicos.restarts import Restarts

            self.restarts = Restarts(self, ticks_ms)
            unload_loading()
        self.restarts.failed(rune, told)
        return told

    def uptime_ms(self) -> int:
        """Return how long ago RunicOS was started; begins anew after twelve days."""
        return (ticks_ms() - self._boot_ms) & _TICKS_MASK

    def _guard_call(self, rune: object, under_way: bool, good_calls: int) -> None:
        self.runes.guard_call(rune, under_way, good_calls)

    def _publish_state(self, name: str, state: str, error: object) -> None:
        rune = self.runes.by_name.get(name)
        if rune is not None and state in (WAITING, RUNNING):
            rune.started_ms = self.uptime_ms()
            rune.started_total_ms = rune.telemetry.times.total_ms
        self.service.publish("state", name, [name, state, error])


def _permit(root: str, rune: object) -> None:
    """Raise RuneError unless the owner permits the Rune."""
    from runicos.permit import permit

    permit(rune, root)


def _checked(slot: object, allowed: "dict[str, object]") -> object:
    from runicos.check import grant

    return grant(slot, allowed)
