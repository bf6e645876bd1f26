"""Use the store at random and compare it with a model (a MicroPython script).

Usage: random_use.py STEPS SEED. The steps are those of hosts, owners and accidents: uploads in
pieces, resumed, aborted; Runes removed and replaced while they are read; restarts, power cuts,
flash that fails. Prints how often each was seen, so that a test can tell that it was.
"""

import random
import sys

from machine import BLOCK_BYTES, Machine, content
from models import finder, with_model

from runicos.contract.errors import FLASH_FULL, NO_ROOM_FOR_TWO, STORE_FAILED, TRAP, RuneError
from runicos.pointer import PLACE, SHA256, SHARED, SIZE, names, open_body, read
from runicos.recovery import gather
from runicos.shared import digest_of, own_bytes
from runicos.versions import end_trial, exchange, go_back

BLOCKS = 20
NAMES = "abcde"
FAILURE = RuneError(TRAP, "unreachable", 1)


class Use:
    """The machine, and what must be on it."""

    def __init__(self):
        self.machine = Machine(BLOCKS, random.choice((4, 16, 256, 512)))
        self.runes = {}
        self.open = []  # (body, what it must read as)
        self.upload = None  # [name, data, received]
        self.seen = {}

    def count(self, what):
        self.seen[what] = self.seen.get(what, 0) + 1

    # ---- Steps; each names what the Runes may be when power ends in it

    def begin(self):
        name = random.choice(NAMES)
        data = content(random.getrandbits(20), random.randrange(1, 7 * BLOCK_BYTES))
        if random.randrange(2):
            at = random.randrange(len(data)) // 16 * 16
            data = with_model(data, random.randrange(2), at)
        self._begin(name, data)

    def resume(self):
        if self.upload is not None:
            received = self.upload[2]
            self._begin(self.upload[0], self.upload[1])
            assert self.machine.sending.received == received
            self.count("resume")

    def _begin(self, name, data):
        room = self._room()
        try:
            self.machine.upload(name, data, 0)
        except RuneError as error:
            self._refused(error, name, room, self._own_bytes(data))
            return
        if self.machine.sending.shared:
            self.count("shared")
        self.upload = [name, data, self.machine.sending.received]

    def _own_bytes(self, data):
        """Return how many bytes of a file no other Rune has."""
        return own_bytes(len(data), finder(self.machine.store, data)())

    def _refused(self, error, name, room, size):
        if self.machine.power.is_on():
            assert room < size
            if error.code == NO_ROOM_FOR_TWO:
                assert error.arguments == (name, room, size, "rm " + name), error
                assert name in self.runes
                self.count("no room for two")
                return
            assert (error.code, error.arguments) == (FLASH_FULL, (room, size)), error
            self.count("full")

    def chunks(self):
        if self.upload is None:
            return
        data, at = self.upload[1:]
        store = self.machine.sending
        for _ in range(random.randrange(1, 20)):
            assert store.received == at, (store.received, at)
            end = min(len(data), at + random.randrange(1, 2000))
            try:
                store.append(at, memoryview(data)[at:end])
            except RuneError as error:
                assert error.code == STORE_FAILED, error
                self.count("write failed")
            at = self.upload[2] = store.received

    def commit(self):
        if self.upload is None:
            return
        name, data, _ = self.upload
        while self.machine.power.is_on() and self.upload[2] < len(data):
            self.chunks()
        self.after = dict(self.runes)
        self.after[name] = data
        try:
            self.machine.commit()
        except RuneError as error:
            assert error.code == STORE_FAILED, error
            self.upload[2] = self.machine.sending.received
            return
        self.runes, self.upload = self.after, None
        self.count("commit")

    def abort(self):
        self.machine.sending.discard()
        self.upload = None

    def pause(self):
        self.machine.sending.close()

    def remove(self):
        name = random.choice(NAMES)
        self.after = dict(self.runes)
        self.after.pop(name, None)
        self.machine.store.remove(name)
        self.runes = self.after

    def confirm(self):
        """End a trial, unless power ends."""
        if self.runes:
            end_trial(self.machine.store, random.choice(sorted(self.runes)), None)

    def go_back(self):
        """A version fails: the one before it is back, the same bytes; or there is none."""
        self._back("went back", lambda store, name: go_back(store, name, FAILURE))

    def exchange(self):
        """The owner goes back."""
        self._back("exchanged", exchange)

    def _back(self, what, step):
        if not self.runes:
            return
        store = self.machine.store
        name = random.choice(sorted(self.runes))
        previous = read(store, name).previous
        if previous is None:
            return
        self.after = dict(self.runes)
        body = open_body(store, previous)
        self.after[name] = b"".join([bytes(part) for part in body.parts])
        assert digest_of(body.parts) == previous[SHA256]
        body.close()
        step(store, name)
        self.runes = self.after
        self.count(what)

    def hold(self):
        if self.runes and len(self.open) < 3:
            name = random.choice(sorted(self.runes))
            self.open.append((self.machine.store.open(name), self.runes[name]))

    def release(self):
        if self.open:
            body, _ = self.open.pop(random.randrange(len(self.open)))
            body.close()
            body.close()

    def gather(self):
        before = self._room()
        try:
            if gather(self.machine.store):
                self.count("gathered")
        except RuneError as error:
            assert error.code == STORE_FAILED, error
        if self.machine.power.is_on():
            assert self._room() >= before

    def break_flash(self):
        self.machine.bodies.failing_in = random.randrange(1, 30)

    def restart(self):
        self.open = []
        self.machine.try_boot(random.randrange(1, 300))
        if self.machine.power.is_on():
            self._after_restart()

    # ---- Checks

    def take(self, step):
        """Take a step; if power ends in it, restart and see what is there."""
        self.after = self.runes
        try:
            step()
        except (OSError, RuneError):
            assert not self.machine.power.is_on()
        if not self.machine.power.is_on():
            self.count("power cut")
            self.open = []
            self.machine.boot()
            found = self.machine.contents()
            assert found in (self.runes, self.after)
            self.runes = found
            self._after_restart()
        assert self.machine.contents() == self.runes
        for body, data in self.open:
            assert b"".join([bytes(part) for part in body.parts]) == data
        assert self.machine.store.free_bytes() == self._room()

    def _after_restart(self):
        """See that an upload goes on at a block not before the last that was written."""
        if self.upload is None:
            return
        name, data, before = self.upload
        self.upload = None
        try:
            first = self.machine.upload(name, data, 0)
        except RuneError as error:
            self._refused(error, name, self._room(), self._own_bytes(data))
            return
        assert first <= before
        self.upload = [name, data, first]
        self.count("went on" if first else "began anew")

    def _room(self):
        """Return the longest run of blocks that nothing uses, counted one by one."""
        used = set()
        for name in names(self.machine.store):
            pointer = read(self.machine.store, name)
            # A previous version gives way, unless a trial may go back to it.
            for version in pointer.versions()[: 2 if pointer.trial else 1]:
                own = own_bytes(version[SIZE], version[SHARED])
                for _, size, offset, _ in [[0, own, version[PLACE], 0]] + version[SHARED]:
                    end = (offset + size - 1) // BLOCK_BYTES + 1
                    used.update(range(offset // BLOCK_BYTES, end))
        for first, last in self.machine.store.bodies._held:
            used.update(range(first // BLOCK_BYTES, last // BLOCK_BYTES))
        longest = run = 0
        for block in range(BLOCKS):
            run = 0 if block in used else run + 1
            longest = max(longest, run)
        return longest * BLOCK_BYTES


def main():
    random.seed(int(sys.argv[2]))
    use = Use()
    often = (use.begin, use.resume, use.chunks, use.chunks, use.commit, use.commit, use.hold)
    steps = often + (
        use.abort,
        use.pause,
        use.remove,
        use.release,
        use.break_flash,
        use.restart,
        use.gather,
        use.confirm,
        use.confirm,
        use.go_back,
        use.exchange,
    )
    for _ in range(int(sys.argv[1])):
        use.take(random.choice(steps))
    for what in sorted(use.seen):
        print(what.replace(" ", "_"), use.seen[what])


main()
