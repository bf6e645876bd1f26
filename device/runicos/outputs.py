"""Outputs: what Runes wrote into their rings, delivered to the hosts that subscribed.

A ring without a reader keeps its newest records; a host that falls behind loses the oldest. One
that there is no memory to send is dropped: nobody is to wait for it.
"""

from runicos.log import WARNING

KIND_NAMES = ("SERIAL", "BLE", "PIN", "WIFI", "TENSOR")
_HEAD_BYTES = 6


class Outputs:
    """Rings of the Runes that run; `service` publishes what is in them, `note` logs."""

    def __init__(self, service: object, note: object) -> None:
        self._service = service
        self._note = note
        self._rings: "list[tuple[str, object]]" = []
        # Those of whom the log says that there was no memory; what follows is only counted.
        self._short: "list[str]" = []

    def add(self, name: str, ring: object) -> None:
        """Deliver a Rune's ring from now on."""
        self._rings.append((name, ring))

    def remove(self, name: str) -> None:
        """Forget a Rune's ring."""
        self._rings = [entry for entry in self._rings if entry[0] != name]
        self._short = [other for other in self._short if other != name]

    def wanted(self, name: str) -> bool:
        """Say whether anybody reads a Rune's outputs."""
        return self._service.wanted("out", name)

    def congested(self, name: str) -> bool:
        """Say whether a reader of a Rune's outputs still has records on the way."""
        return self._service.congested("out", name)

    def deliver(self) -> None:
        """Send the records that have readers who keep up; the others stay in their rings."""
        for name, ring in self._rings:
            if self.wanted(name):
                self._deliver_ring(name, ring)

    def _deliver_ring(self, name: str, ring: object) -> None:
        while ring.next_bytes and not self.congested(name):
            record = None
            try:
                record = _take(ring)
                self._publish(name, record)
            except MemoryError as error:
                ring.drop(record is not None)
                record = None
                self._tell(name, error)

    def _tell(self, name: str, error: MemoryError) -> None:
        if name not in self._short:
            self._short.append(name)
            self._note(WARNING, name, "no memory to send a result, which is dropped: %s" % error)

    def take_payloads(self, name: str, ring: object) -> "list[bytes]":
        """Take all records out of a ring, for its readers too; return what the Rune wrote."""
        payloads = []
        while ring.next_bytes:
            record = _take(ring)
            self._publish(name, record)
            payloads.append(bytes(record[_HEAD_BYTES:]))
        return payloads

    def _publish(self, name: str, record: bytearray) -> None:
        sequence = int.from_bytes(record[2:_HEAD_BYTES], "little")
        kind = KIND_NAMES[record[1] - 1]
        payload = memoryview(record)[_HEAD_BYTES:]
        self._service.publish("out", name, [name, record[0], kind, sequence, payload])


def _take(ring: object) -> bytearray:
    """Take the oldest record of a ring that has one: channel, kind, sequence u32, payload."""
    record = bytearray(ring.next_bytes)
    ring.read_into(record)
    return record
