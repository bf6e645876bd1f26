"""The service loop: one poll over the links, and between polls the Runes that are due.

There is no asyncio in here, so that whoever is at the REPL can use it. Nothing that arrives, and
nothing that a Rune does, ends the loop: errors become ERROR frames or the Rune's last error.
"""

import gc
import select

from micropython import const

from runicos import shortage
from runicos.contract import cbor, wire
from runicos.contract.errors import BAD_FRAME, BAD_REQUEST, INTERNAL, RuneError
from runicos.link import FRAME_TIMEOUT_MS, INTERRUPTED_TIMEOUT_MS
from runicos.log import ERROR, INFO, WARNING

_BUFFER_BYTES = const(1024)
_IDLE_MS = const(500)
_TICKS_MASK = const(0x3FFFFFFF)
# A host that takes nothing of what it asked for in this time is cut off.
_STUCK_MS = const(10_000)
# A host that has said and wanted nothing for so long gives way when all places are taken: it may
# have gone without a word.
_SILENT_MS = const(30_000)


class Service:
    """Runs links and schedule until `stop`.

    `answer(link, verb, arguments)` returns a request's value, or None when it will be sent later;
    `is_awaited(link)` says whether it still will; `chunk(link, upload, offset, data)` returns the
    offset wanted next; `lost(link)` is told of links that are gone; `feed_repl(text)` gets the
    text of the link that has the REPL; `step()` runs what is due and returns the milliseconds
    until more is; `note(level, rune, text)` logs.
    """

    def __init__(self, hooks: object, ticks_ms: object) -> None:
        self._hooks = hooks
        self._ticks_ms = ticks_ms
        self._poll = select.poll()
        self._buffer = bytearray(_BUFFER_BYTES)
        self._view = memoryview(self._buffer)
        self._listener: object = None
        self.links: "list[object]" = []
        self.running = False
        self.request_id = 0

    def add_link(self, link: object) -> None:
        """Serve a link from now on."""
        link.polled = select.POLLIN
        link.taken_ms = link.heard_ms = self._ticks_ms()
        self.links.append(link)
        self._poll.register(link.stream, select.POLLIN)

    def set_listener(self, listener: object) -> None:
        """Serve whoever connects to a listener."""
        self._listener = listener
        self._poll.register(listener.stream, select.POLLIN)

    def run(self) -> None:
        """Serve until `stop`; close the links then."""
        self.running = True
        wait_ms = 0
        while self.running:
            try:
                wait_ms = self._turn(wait_ms)
            except KeyboardInterrupt:
                # It was meant for code at the REPL that had just ended.
                wait_ms = 0
        for link in list(self.links):
            self._drop(link)
        if self._listener is not None:
            self._listener.close()

    def stop(self) -> None:
        """End the loop after this turn."""
        self.running = False

    def _turn(self, wait_ms: int) -> int:
        ready = [entry[0] for entry in self._poll.poll(min(wait_ms, _IDLE_MS))]
        working = False
        for link in list(self.links):
            working = self._serve_safely(link, link.stream in ready) or working
        # Last, so that the places of those who just left are free.
        if self._listener is not None and self._listener.stream in ready:
            self._accept()
        wait_ms = self._step_safely()
        return 0 if working else wait_ms

    def _step_safely(self) -> int:
        """Run what is due; a defect of ours is logged, the board lives on."""
        try:
            return self._hooks.step()
        except Exception as error:
            gc.collect()
            self._hooks.note(ERROR, "", "step: %r" % error)
            return _IDLE_MS

    def _serve_safely(self, link: object, is_ready: bool) -> bool:
        """Serve one link; one that cannot be served is dropped, the board lives on."""
        try:
            return self._serve(link, is_ready)
        except Exception as error:
            gc.collect()
            self._hooks.note(WARNING, "", "%s dropped: %r" % (link.name, error))
            if link.has_repl:
                link.decoder.reset()
            elif link in self.links:
                self._drop(link)
            return False

    def _serve(self, link: object, is_ready: bool) -> bool:
        """Send what waits, then take in and answer; return whether there is more to answer.

        Nothing more is read from a host that does not take its answers. Whether a Ctrl-C within a
        frame is text is soon known: until then there is more, too.
        """
        if not link.flush():
            self._drop(link)
            return False
        if self._is_stuck(link):
            self._drop_for(link, "takes nothing")
            return False
        if is_ready and not link.busy and not link.decoder.frames:
            self._receive(link)
        elif not is_ready:
            self._forget_cut_frame(link)
        while link.decoder.frames and not link.busy and link in self.links:
            self._take_frame(link, link.decoder.frames.pop(0))
        self._listen_for(link, select.POLLOUT if link.busy else select.POLLIN)
        return link.decoder.interrupted or (bool(link.decoder.frames) and not link.busy)

    def _is_stuck(self, link: object) -> bool:
        now_ms = self._ticks_ms()
        if not link.busy:
            link.taken_ms = now_ms
        return (now_ms - link.taken_ms) & _TICKS_MASK > _STUCK_MS

    def _listen_for(self, link: object, events: int) -> None:
        if link.polled != events and link in self.links:
            link.polled = events
            self._poll.modify(link.stream, events)

    def _accept(self) -> None:
        if len(self.links) >= self._listener.links_max:
            self._drop_silent()
        try:
            link = self._listener.accept(len(self.links))
            if link is not None:
                self.add_link(link)
        except MemoryError:
            # It waits until there is memory to accept it: what is due may leave some.
            gc.collect()

    def _drop_silent(self) -> None:
        """Make room for a host: drop the one that has been silent for longest."""
        now_ms = self._ticks_ms()
        longest_ms, silent = _SILENT_MS, None
        for link in self.links:
            silent_ms = (now_ms - link.heard_ms) & _TICKS_MASK
            is_idle = not (link.has_repl or link.subscriptions or self._hooks.is_awaited(link))
            if is_idle and silent_ms > longest_ms:
                longest_ms, silent = silent_ms, link
        if silent is not None:
            self._drop_for(silent, "silent")

    def _drop_for(self, link: object, reason: str) -> None:
        self._hooks.note(INFO, "", "%s dropped: %s" % (link.name, reason))
        self._drop(link)

    def _drop(self, link: object) -> None:
        self._poll.unregister(link.stream)
        self.links.remove(link)
        self._hooks.lost(link)
        link.close()

    def _forget_cut_frame(self, link: object) -> None:
        decoder = link.decoder
        timeout_ms = INTERRUPTED_TIMEOUT_MS if decoder.interrupted else FRAME_TIMEOUT_MS
        silent_ms = (self._ticks_ms() - link.heard_ms) & _TICKS_MASK
        if decoder.in_frame and silent_ms > timeout_ms:
            decoder.give_up()
            self._take_text(link)

    def _receive(self, link: object) -> None:
        count = link.read_into(self._buffer)
        if count is None:
            self._drop(link)
            return
        link.heard_ms = self._ticks_ms()
        link.decoder.feed(self._view[:count])
        if link.take_damaged():
            self._send_error(link, 0, RuneError(BAD_FRAME, "checksum or length"))
        self._take_text(link)

    def _take_text(self, link: object) -> None:
        text = link.decoder.take_text()
        if link.has_repl and text:
            # Somebody types: whoever had subscribed has left the port without a word.
            link.subscriptions.clear()
            self._hooks.feed_repl(text)

    def _take_frame(self, link: object, frame: "tuple[int, int, int, bytes]") -> None:
        frame_id = frame[2]
        try:
            if frame[0] == wire.CHUNK:
                self._take_chunk(link, frame_id, frame[3])
                return
            message = _assemble(link, frame)
            if message is not None:
                self._take_message(link, message)
        except RuneError as error:
            self._send_error(link, frame_id, error)
        except MemoryError as error:
            self._send_error(link, frame_id, shortage.told(error))
        except Exception as error:
            # A defect of ours: the host must hear of it, and the board must live on.
            self._send_error(link, frame_id, RuneError(INTERNAL, repr(error)))

    def _take_chunk(self, link: object, upload: int, payload: bytes) -> None:
        if len(payload) < 4:
            raise RuneError(BAD_REQUEST, "chunk", "no offset")
        offset = int.from_bytes(payload[:4], "little")
        wanted = self._hooks.chunk(link, upload, offset, memoryview(payload)[4:])
        link.send(wire.ACK, upload, wanted.to_bytes(4, "little"))

    def _take_message(self, link: object, message: "tuple[int, int, bytes]") -> None:
        kind, frame_id, payload = message
        if kind != wire.REQUEST:
            raise RuneError(BAD_REQUEST, "frame", "kind %d is not for a board" % kind)
        verb, arguments = _parse_request(payload)
        self.request_id = frame_id
        value = self._hooks.answer(link, verb, arguments)
        if value is not None:
            self.respond(link, frame_id, value)

    def respond(self, link: object, frame_id: int, value: object) -> None:
        """Send the answer to a request."""
        if link in self.links:
            link.send_value(wire.RESPONSE, frame_id, value)

    def _send_error(self, link: object, frame_id: int, error: RuneError) -> None:
        if link in self.links:
            link.send(wire.ERROR, frame_id, cbor.dumps([error.code, list(error.arguments)]))

    def respond_error(self, link: object, frame_id: int, error: RuneError) -> None:
        """Send the error that a request led to."""
        self._send_error(link, frame_id, error)

    def publish(self, topic: str, rune: str, value: "list[object]") -> None:
        """Send an event to every host that subscribed to it and keeps up."""
        payload = None
        for link in self.links:
            if link.wants(topic, rune) and not link.busy:
                payload = payload or cbor.dumps([topic, value])
                link.send(wire.EVENT, 0, payload)

    def wanted(self, topic: str, rune: str) -> bool:
        """Say whether any host subscribed to a topic of a Rune."""
        return any([link.wants(topic, rune) for link in self.links])

    def congested(self, topic: str, rune: str) -> bool:
        """Say whether a subscriber still has frames waiting: better not make more yet."""
        return any([link.busy and link.wants(topic, rune) for link in self.links])


def _assemble(
    link: object, frame: "tuple[int, int, int, bytes]"
) -> "tuple[int, int, bytes] | None":
    try:
        return link.assembler.add(frame)
    except ValueError as error:
        raise RuneError(BAD_REQUEST, "frame", str(error))


def _parse_request(payload: bytes) -> "tuple[str, dict[str, object]]":
    try:
        request = cbor.loads(payload)
    except ValueError as error:
        raise RuneError(BAD_REQUEST, "request", str(error))
    if not isinstance(request, list) or len(request) != 2 or not isinstance(request[0], str):
        raise RuneError(BAD_REQUEST, "request", "not [verb, arguments]")
    if not isinstance(request[1], dict):
        raise RuneError(BAD_REQUEST, request[0], "arguments are no map")
    return request[0], request[1]
