"""The watchdog of a real board: a chip's, which nothing can stop once it runs."""

# A timer feeds it so often while code runs that nobody has to account for.
_FEEDS = 4


class Watchdog:
    """Resets the board unless `feed` is called in time; `wdt` is a machine.WDT.

    `every(period_ms, callback)` returns a timer that calls until its deinit().
    """

    def __init__(self, wdt: object, timeout_ms: int, every: object) -> None:
        self.feed = wdt.feed
        self._period_ms = timeout_ms // _FEEDS
        self._every = every
        self._timer: object = None

    def hold(self, held: bool) -> None:
        """Feed it by a timer meanwhile."""
        self.feed()
        if self._timer is not None:
            self._timer.deinit()
            self._timer = None
        if held:
            self._timer = self._every(self._period_ms, self._fed)

    def _fed(self, _: object) -> None:
        self.feed()
