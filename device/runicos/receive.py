"""Receiving an upload: begin, chunks in order, commit. The transitions are the table below.

One upload at a time. It belongs to the link that began it; another link may take over when the
owner is gone or has been silent for a while, and continues where the bytes end.
"""

from runicos.contract.errors import (
    BAD_NAME,
    BAD_REQUEST,
    BUSY,
    NO_SUCH_UPLOAD,
    UPLOAD_INCOMPLETE,
    RuneError,
)
from runicos.installing import install
from runicos.shared import stretches
from runicos.successor import successor
from runicos.upload import Upload
from runicos.wear import add, since, totals

_IDLE = "idle"
_OPEN = "open"
SILENCE_MS = 5000
# Other links and Runes are served between two copies.
_COPY_MAX_BYTES = 16_384

# (state, event) → (what is done, the next state); a pair that is not here is refused. When what
# is done raises, the state stays, but for an upload that is damaged: that closes itself.
TRANSITIONS = {
    (_IDLE, "begin"): ("_begin", _OPEN),
    (_OPEN, "begin"): ("_begin_again", _OPEN),
    (_OPEN, "chunk"): ("_chunk", _OPEN),
    (_OPEN, "copy"): ("_copy", _OPEN),
    (_OPEN, "patch"): ("_patch", _OPEN),
    (_OPEN, "commit"): ("_commit", _IDLE),
    (_OPEN, "abort"): ("_abort", _IDLE),
    (_OPEN, "lost"): ("_lost", _IDLE),
}


class Receiver:
    """Feeds uploads to the store, and to the Runes what has been received whole.

    `upload` is the number of the last one.
    """

    def __init__(self, system: object, trial_calls: int, ticks_ms: object, upload: int) -> None:
        self._system = system
        self._runes = system.runes
        self._bytes = Upload(system.store, trial_calls)
        self._wear: "dict[str, int | None]" = {}
        self._ticks_ms = ticks_ms
        self._state = _IDLE
        self.upload = upload
        self.owner: object = None
        self._name = ""
        self._size = 0
        self._heard_ms = 0

    def step(self, event: str, link: object, *arguments: object) -> object:
        """Take one event; `begin` yields (upload, offset), the others the next offset."""
        transition = TRANSITIONS.get((self._state, event))
        if transition is None:
            raise RuneError(NO_SUCH_UPLOAD, arguments[0])
        action, next_state = transition
        result = getattr(self, action)(link, *arguments)
        self._state = next_state
        return result

    @property
    def is_open(self) -> bool:
        """Say whether an upload is under way."""
        return self._state == _OPEN

    def _begin(
        self, link: object, name: str, size: int, digest: bytes, models: "list[list[object]]"
    ) -> "tuple[int, int, list[list[object]]]":
        from runicos.contract.rune_manifest import is_name

        if not is_name(name):
            raise RuneError(BAD_NAME, name)
        self._wear = totals(self._system)

        def find() -> "list[list[object]]":
            from runicos.sharing import find as find_models

            return find_models(self._runes, size, models)

        offset = self._bytes.begin(name, size, digest, models, find)
        self.upload = self.upload % 0xFFFF + 1
        self.owner, self._name, self._size = link, name, size
        self._heard_ms = self._ticks_ms()
        return self.upload, offset, [entry[:2] for entry in self._bytes.shared]

    def _begin_again(
        self, link: object, name: str, size: int, digest: bytes, models: "list[list[object]]"
    ) -> "tuple[int, int, list[list[object]]]":
        silent_ms = (self._ticks_ms() - self._heard_ms) & 0x3FFFFFFF
        if link is not self.owner and silent_ms < SILENCE_MS:
            raise RuneError(BUSY, "the upload of %s" % self._name)
        self._bytes.close()
        self._state = _IDLE
        return self._begin(link, name, size, digest, models)

    def _chunk(self, link: object, upload: int, offset: int, data: memoryview) -> int:
        self._check(link, upload)
        self._heard_ms = self._ticks_ms()
        # Out of order, or beyond the end: the answer names the offset that is wanted.
        if offset == self._bytes.received and offset + len(data) <= self._size:
            self._bytes.append(offset, data)
        return self._bytes.received

    def _copy(
        self, link: object, upload: int, at: int, name: str, offset: int, length: int
    ) -> int:
        """Add bytes that a Rune on this board has; not all of them, if they are many."""
        self._check(link, upload)
        self._heard_ms = self._ticks_ms()
        if at == self._bytes.received:
            body = self._runes.store.open(name)
            try:
                found = stretches(body.parts, offset, length)
                if sum([len(part) for part in found]) < length or at + length > self._size:
                    raise RuneError(BAD_REQUEST, "copy", "bytes beyond the end of a file")
                for part in stretches(body.parts, offset, min(length, _COPY_MAX_BYTES)):
                    self._bytes.append(at, part)
                    at += len(part)
            finally:
                body.close()
        return self._bytes.received

    def _patch(self, link: object, upload: int, at: int, name: str, patch: bytes) -> int:
        """Add what a patch makes of a Rune's file on this board."""
        from runicos.patching import patched

        self._check(link, upload)
        self._heard_ms = self._ticks_ms()
        if at == self._bytes.received:
            body = self._runes.store.open(name)
            try:
                patched(
                    patch,
                    body.parts,
                    self._size - at,
                    lambda made, data: self._bytes.append(at + made, data),
                )
            finally:
                body.close()
        return self._bytes.received

    def _commit(self, link: object, upload: int, period_ms: "int | None") -> "dict[str, object]":
        """Return its hash, whether it waits, and what it took of the flash since `begin`."""
        self._check(link, upload)
        if self._bytes.received != self._size:
            raise RuneError(UPLOAD_INCOMPLETE, self._bytes.received, self._size)
        self._state = _IDLE
        body, digest = self._bytes.seal()
        self._bytes.period_ms = period_ms
        try:
            waits = install(self._runes, self._name, body, digest, self._bytes.commit)
        except Exception as error:
            body.close()
            self._bytes.discard()
            self._runes.warn(self._name, error, about="a cast is refused: ")
            raise
        rune = self._runes.find(self._name)
        if not waits:
            self._system.successor = successor(self._system, rune, link, self._ticks_ms)
        wear = since(self._wear, totals(self._system))
        add(rune.telemetry, wear)
        answer: "dict[str, object]" = {"sha256": digest, "waiting": waits}
        answer.update(wear)
        return answer

    def _abort(self, link: object, upload: int) -> None:
        self._check(link, upload)
        self._bytes.discard()

    def _lost(self, link: object) -> None:
        self._bytes.close()

    def _check(self, link: object, upload: int) -> None:
        if upload != self.upload or link is not self.owner:
            raise RuneError(NO_SUCH_UPLOAD, upload)
