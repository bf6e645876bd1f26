"""Cast: a Rune and a board's live facts in, a running Rune out.

First the preflight, with the same code that the board uses, on the facts that it gives now; only
then is a byte of the Rune sent. Over its cable, a board that trusts nobody yet is told to trust
the user. The board checks again what it received: the last word is its
own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn, Protocol

from runicd.cast import kept, ways
from runicd.cast.asking import Consent, list_of, needs, nobody, refuse, signer_of, terms
from runicd.cast.downgrade import allow
from runicd.cast.granting import grant, keep_period
from runicd.cast.preflight import Held, board_facts, held, preflight
from runicd.cast.shared import Model, flash, models_of, shared_bytes
from runicd.cast.start import start
from runicd.cast.upload import Uploaded, upload
from runicd.cast.wear import Wear
from runicd.client import Client, come_back
from runicd.errors import LinkClosed, RefusedError
from runicd.keys.board import enrol
from runicd.runefile.read_rune import read_rune
from runicd.types import Rune, Verdict

_RECONNECT_S = 2.0
_NOTHING_SENT = Uploaded(0, 0, 0, "chunks", Wear(None, None, None, None))


class Reporter(Protocol):
    """Is told how a cast gets on; `cli` prints it as the papers do."""

    def provider(self, fqdn: str) -> None:
        """The board answered, and this is what runs on it."""

    def verdict(self, verdict: Verdict) -> None:
        """Nothing speaks against the Rune on this board."""

    def enrolled(self, name: str, key: str) -> None:
        """The board trusted nobody, and now trusts this key of the user's."""

    def asks(self, wanted: Sequence[str]) -> None:
        """This is all that the Rune asks for, in plain words."""

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

    def enrolled(self, name: str, key: str) -> None:
        """Say nothing."""

    def asks(self, wanted: Sequence[str]) -> None:
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
    """A finished cast: what runs, what it asked for and was granted, how its bytes came there.

    Of its bytes `shared_bytes` are models that other Runes have. Those that were neither there
    from a cast before nor shared nor sent were copied from Runes that the board had.
    """

    name: str
    sha256: str
    granted: tuple[str, ...]
    self_test: str
    resumed_bytes: int
    shared_bytes: int
    sent_bytes: int
    way: str
    flash: Wear
    asks: tuple[str, ...]


def cast(  # noqa: PLR0913 - each is an option of its own
    rune: Rune,
    client: Client,
    reporter: Reporter,
    *,
    period_ms: int | None = None,
    listen: Callable[[], None] | None = None,
    only_missing: bool = True,
    consent: Consent = nobody,
    old: bytes | None = None,
    downgrade: bool = False,
) -> Cast:
    """Put a Rune on a board and start it.

    `consent` is asked for what needs a grant of the board's owner, before anything is sent. Where
    nobody gives all of it, the Rune is sent and waits for its grant, which RefusedError says.
    `period_ms` overrides the manifest's. `listen` is called when the Rune is there and does not
    run yet: who subscribes then misses nothing of it. Unless `only_missing`, what the board has is
    sent, too. `old` is a file that the board has, where it was cast from elsewhere.
    `downgrade` has the board take this release though it had got further. Raises
    RefusedError with every reason, RuneFormatError for a manifest that is wrong, BoardError (exit
    code 5 when the Rune's first call by its period fails), LinkError and its kin.
    """
    facts = board_facts(client)
    reporter.provider(str(facts["provider"]))
    own = held(client, rune)
    models = models_of(read_rune(rune.data)) if only_missing else []
    verdict = _judge(rune, client, facts, own, models)
    if verdict.reasons:
        raise RefusedError(
            f"{rune.name} cannot run on {client.where}",
            verdict.reasons,
            lacking=_lacking(rune, facts["capabilities"]),
        )
    reporter.verdict(verdict)
    _enrol(rune, client, reporter)
    if downgrade:
        allow(client, rune)
    asks = list_of(rune, verdict.ram_bytes)
    reporter.asks(asks)
    uploaded = _NOTHING_SENT
    if own.same_waits:
        keep_period(client, rune.name, hashlib.sha256(rune.data).digest(), period_ms)
    granting = partial(grant, period_ms=period_ms, listen=listen)
    started = _settle(rune, client, consent, own, granting)
    if started is None:
        files = ways.Files(old) if only_missing else None
        uploaded = _send(rune, client, reporter, files, models, period_ms)
        reporter.verified(uploaded)
        if uploaded.waits:
            _tell_that_it_waits(rune, client)
        if listen:
            listen()
        started = start(client, rune.name, period_ms)
    for kind in started["granted"]:
        reporter.granted(str(kind))
    reporter.running(rune.name, str(started["self_test"]))
    return _done(rune, started, uploaded, asks)


def _judge(
    rune: Rune, client: Client, facts: Mapping[str, Any], own: Held, models: Sequence[Model]
) -> Verdict:
    """Return the preflight's verdict; what the board shares need not fit its flash again."""
    there = 0
    if models and len(rune.data) > facts["flash_free"]:
        there = shared_bytes(models, flash(client))
    return preflight(rune, facts, own, there)


def _done(
    rune: Rune, started: Mapping[str, Any], uploaded: Uploaded, asks: tuple[str, ...]
) -> Cast:
    return Cast(
        rune.name,
        hashlib.sha256(rune.data).hexdigest(),
        tuple(started["granted"]),
        str(started["self_test"]),
        uploaded.resumed_bytes,
        uploaded.shared_bytes,
        uploaded.sent_bytes,
        uploaded.way,
        uploaded.flash,
        asks,
    )


def _enrol(rune: Rune, client: Client, reporter: Reporter) -> None:
    """Have a board that trusts nobody yet trust the user, if it is at hand."""
    key = enrol(client, rune.data) if client.is_cable else None
    if key is not None:
        reporter.enrolled(key.name, key.id.hex())


def _settle(
    rune: Rune, client: Client, consent: Consent, own: Held, grant: Callable[..., Any]
) -> Any:
    """Have the board grant what the Rune needs.

    Returns what a start returns where the Rune was there, waiting for that; else None. Raises
    RefusedError where its owner does not grant all, and there is nothing to send.
    """
    found = terms(client, rune)
    if found.denied:
        raise RefusedError(f"{rune.name} may not run on {client.where}", found.denied)
    if not found.asked and not own.same_waits:
        return None
    granted = consent(rune.name, found.asked) if found.asked else {}
    left = {kind: limits for kind, limits in found.asked.items() if kind not in (granted or {})}
    if left and own.same_file and not own.same_waits:
        refuse(rune.name, left)
    started = None
    if granted is not None:
        version = hashlib.sha256(rune.data).digest() if own.same_waits else None
        started = grant(client, rune.name, granted, signer_of(rune), version).started
    if left and own.same_waits:
        _tell_that_it_waits(rune, client)
    return started


def _tell_that_it_waits(rune: Rune, client: Client) -> NoReturn:
    raise RefusedError(
        f"{rune.name} is on {client.where} and waits for a grant",
        needs(rune.name, terms(client, rune).asked),
    )


def _lacking(rune: Rune, sensors: Mapping[str, Any]) -> list[str]:
    """Return the kinds of sensors that a Rune wants and are not there."""
    wanted = rune.manifest["capabilities"] if rune.manifest else []
    return sorted({str(one["kind"]) for one in wanted} - set(sensors))


def _send(
    rune: Rune,
    client: Client,
    reporter: Reporter,
    files: ways.Files | None,
    models: Sequence[Model],
    period_ms: int | None,
) -> Uploaded:
    """Upload, and go on over a new link if the board is back soon after it was lost.

    Without `files` all of it is sent.
    """
    done = 0

    def progress(done_bytes: int, total_bytes: int) -> None:
        nonlocal done
        done = done_bytes
        reporter.uploading(done_bytes, total_bytes)

    while True:
        try:
            plan = ways.planned(client, rune.name, rune.data, files) if files else None
            uploaded = upload(
                client,
                rune.name,
                rune.data,
                plan or ways.whole(rune.data),
                progress,
                period_ms,
                models,
            )
        except LinkClosed as lost:
            if not come_back(client, _RECONNECT_S):
                raise LinkClosed(
                    f"the board went away at {done} of {len(rune.data)} bytes",
                    where=client.where,
                    remedy="cast again to resume",
                ) from lost
        else:
            kept.keep(rune.data)
            return uploaded
