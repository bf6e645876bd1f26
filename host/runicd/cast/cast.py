"""Cast: a Rune and a board's live facts in, a running Rune out.

First the preflight, with the same code that the board uses, on the facts that it gives now; only
then is a byte of the Rune sent. The board checks again what it received: the last word is its
own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from runicd.cast import delta
from runicd.cast.asking import Consent, refuse, terms
from runicd.cast.preflight import board_facts, held, preflight
from runicd.cast.start import start
from runicd.cast.upload import Uploaded, upload
from runicd.cast.wear import Wear
from runicd.client import Client, come_back
from runicd.errors import LinkClosed, RefusedError
from runicd.types import Rune, Verdict

_RECONNECT_S = 2.0


class Reporter(Protocol):
    """Is told how a cast gets on; `cli` prints it as the papers do."""

    def provider(self, fqdn: str) -> None:
        """The board answered, and this is what runs on it."""

    def verdict(self, verdict: Verdict) -> None:
        """Nothing speaks against the Rune on this board."""

    def uploading(self, done_bytes: int, total_bytes: int) -> None:
        """So much of the Rune is on the board."""

    def verified(self, uploaded: Uploaded) -> None:
        """The Rune on the board is this one, bit for bit; `uploaded` says what had to be sent."""

    def granted(self, kind: str) -> None:
        """The board grants one capability."""

    def running(self, name: str, self_test: str) -> None:
        """The Rune runs; `self_test` is "passed" or "none"."""


class Quiet:
    """A Reporter that says nothing."""

    def provider(self, fqdn: str) -> None:
        """Say nothing."""

    def verdict(self, verdict: Verdict) -> None:
        """Say nothing."""

    def uploading(self, done_bytes: int, total_bytes: int) -> None:
        """Say nothing."""

    def verified(self, uploaded: Uploaded) -> None:
        """Say nothing."""

    def granted(self, kind: str) -> None:
        """Say nothing."""

    def running(self, name: str, self_test: str) -> None:
        """Say nothing."""


@dataclass(frozen=True, slots=True)
class Cast:
    """A finished cast: what runs, what it was granted, how its bytes came there.

    Those that were neither there from a cast before nor sent were in Runes that the board had.
    """

    name: str
    sha256: str
    granted: tuple[str, ...]
    self_test: str
    resumed_bytes: int
    sent_bytes: int
    flash: Wear


def cast(
    rune: Rune,
    client: Client,
    reporter: Reporter,
    *,
    period_ms: int | None = None,
    listen: Callable[[], None] | None = None,
    only_missing: bool = True,
    consent: Consent = refuse,
) -> Cast:
    """Put a Rune on a board and start it.

    `consent` is asked for what needs a grant of the board's owner, before anything is sent.

    `period_ms` overrides the manifest's. `listen` is called when the Rune is there and does not
    run yet: who subscribes then misses nothing of it. Unless `only_missing`, what the board
    has is sent, too. Raises RefusedError with every reason,
    RuneFormatError for a manifest that is wrong, BoardError (exit code 5 when the Rune's first
    call by its period fails), LinkError and its kin.
    """
    facts = board_facts(client)
    reporter.provider(str(facts["provider"]))
    verdict = preflight(rune, facts, held(client, rune))
    if verdict.reasons:
        raise RefusedError(
            f"{rune.name} cannot run on {client.where}",
            verdict.reasons,
            lacking=_lacking(rune, facts["capabilities"]),
        )
    reporter.verdict(verdict)
    _settle(rune, client, consent)
    uploaded = _send(rune, client, reporter, only_missing=only_missing)
    reporter.verified(uploaded)
    if listen:
        listen()
    started = start(client, rune.name, period_ms)
    for kind in started["granted"]:
        reporter.granted(str(kind))
    reporter.running(rune.name, str(started["self_test"]))
    return Cast(
        rune.name,
        hashlib.sha256(rune.data).hexdigest(),
        tuple(started["granted"]),
        str(started["self_test"]),
        uploaded.resumed_bytes,
        uploaded.sent_bytes,
        uploaded.flash,
    )


def _settle(rune: Rune, client: Client, consent: Consent) -> None:
    """Have the board grant what the Rune needs. Raises RefusedError where its owner does not."""
    found = terms(client, rune)
    if found.denied:
        raise RefusedError(f"{rune.name} may not run on {client.where}", found.denied)
    if found.asked:
        granted = consent(rune.name, found.asked)
        client.request("grant", {"name": rune.name, "demands": dict(granted)})


def _lacking(rune: Rune, sensors: Mapping[str, Any]) -> list[str]:
    """Return the kinds of sensors that a Rune wants and are not there."""
    wanted = rune.manifest["capabilities"] if rune.manifest else []
    return sorted({str(one["kind"]) for one in wanted} - set(sensors))


def _send(rune: Rune, client: Client, reporter: Reporter, *, only_missing: bool) -> Uploaded:
    """Upload, and go on over a new link if the board is back soon after it was lost."""
    done = 0

    def progress(done_bytes: int, total_bytes: int) -> None:
        nonlocal done
        done = done_bytes
        reporter.uploading(done_bytes, total_bytes)

    while True:
        try:
            found = delta.plan(client, rune.name, rune.data) if only_missing else None
            stretches = found or delta.whole(rune.data)
            return upload(client, rune.name, rune.data, stretches, progress)
        except LinkClosed as lost:
            if not come_back(client, _RECONNECT_S):
                raise LinkClosed(
                    f"the board went away at {done} of {len(rune.data)} bytes",
                    where=client.where,
                    remedy="cast again to resume",
                ) from lost
