"""Outputs: what Runes wrote into their rings, delivered to the hosts that subscribed.

A ring without a reader keeps its newest records; a host that falls behind loses the oldest.
"""

KIND_NAMES = ("SERIAL", "BLE", "PIN", "WIFI", "TENSOR")
_HEAD_BYTES = 6


class Outputs:
    """Rings of the Runes that run; `service` publishes what is in them."""

    def __init__(self, service: object) -> None:
        self._service = service
        self._rings: "list[tuple[str, object, bytearray]]" = []

    def add(self, name: str, ring: object, record_max: int) -> None:
        """Deliver a Rune's ring from now on; `record_max` is its largest record in bytes."""
        self._rings.append((name, ring, bytearray(_HEAD_BYTES + record_max)))

    def remove(self, name: str) -> None:
        """Forget a Rune's ring."""
        self._rings = [entry for entry in self._rings if entry[0] != name]

    def wanted(self, name: str) -> bool:
        """Say whether anybody reads a Rune's outputs."""
        return self._service.wanted("out", name)

    def congested(self, name: str) -> bool:
        """Say whether a reader of a Rune's outputs still has records on the way."""
        return self._service.congested("out", name)

    def deliver(self) -> None:
        """Send the records that have readers who keep up; the others stay in their rings."""
        for name, ring, buffer in self._rings:
            if self.wanted(name):
                self._deliver_ring(name, ring, buffer)

    def _deliver_ring(self, name: str, ring: object, buffer: bytearray) -> None:
        while not self.congested(name):
            count = ring.read_into(buffer)
            if not count:
                return
            sequence = int.from_bytes(buffer[2:_HEAD_BYTES], "little")
            payload = bytes(buffer[_HEAD_BYTES:count])
            kind = KIND_NAMES[buffer[1] - 1]
            self._service.publish("out", name, [name, buffer[0], kind, sequence, payload])
