"""A Rune as the board knows it: its state, its file, its figures."""

from runicos.telemetry import Telemetry

RECEIVED = "received"
WAITING = "waiting"
RUNNING = "running"
STOPPED = "stopped"
FAILED = "failed"


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
        # When it was loaded last: the board's uptime, and what its calls had taken.
        self.started_ms = 0
        self.started_total_ms = 0
        self.container: object = None
        self.last_error: object = None  # a RuneError
        # What its mark on flash says while it starts; 0 once it has survived that.
        self.tries = 0
        # How many resets in a row were in its calls: watching.py.
        self.hangs = 0
        # A BackOff of restarts.py when it has failed lately.
        self.back_off: object = None
        # By kind, what it was denied: by policy, by grant, by rate while it was loaded before.
        self.denials: "dict[str, int] | None" = None
        # How many good calls it owes; what else its pointer says: the previous version's release,
        # and why a version went back.
        self.trial = 0
        self.previous: "str | None" = None
        self.went_back: "list[object] | None" = None
        # The version that asks for more than is granted: its release and its hash. It `waits`
        # itself where that is the first one.
        self.waiting: "list[object] | None" = None
        self.waits = False
        self.telemetry = Telemetry()

    @property
    def unproven(self) -> bool:
        """Say whether its next call is watched: its first by its period, or one on trial."""
        return self.tries > 0 or self.trial > 0

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
            "state": "waiting for a grant" if self.waits else self.state,
            "calls": self.telemetry.times.calls,
            "failures": self.telemetry.failures,
            "restarts": self.telemetry.restarts,
            "last_error": None if error is None else [error.code, list(error.arguments)],
            "period_ms": self.period_ms,
            "ram_bytes": self.ram_bytes,
            "sha256": self.sha256,
            "trial": self.trial,
            "previous": self.previous,
            "went_back": self.went_back,
            "waiting": self.waiting,
            "last_us": self.telemetry.times.last_us,
            "mean_us": self.telemetry.mean_us,
            "total_us": self.telemetry.total_us,
        }
        denials = dict(self.denials or {})
        if self.container is not None:
            self.container.denials(denials)
            row["call_ms"] = self.container.runtimes[0].deadline_ms
        if denials:
            row["denials"] = denials
        if self.back_off is not None:
            row.update(self.back_off.row())
        return row

    def close(self) -> None:
        """Let a Rune's file go: nothing reads it any more."""
        self.back_off = None
        self.slot = None
        if self.body is not None:
            self.body.close()
            self.body = None
