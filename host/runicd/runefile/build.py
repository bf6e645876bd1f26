"""The whole way from a Runefile to a Rune, and the ways that stop before its end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from runicd.errors import InputError
from runicd.keys import files as keys
from runicd.keys.sign import signed
from runicd.names import check_name, check_rounding, rune_name
from runicd.runefile.bundle import bundle
from runicd.runefile.check import check
from runicd.runefile.faults import Faults
from runicd.runefile.limits import check_counter, check_limit
from runicd.runefile.lower import lower
from runicd.runefile.parse import parse
from runicd.runefile.rates import check_rates
from runicd.runefile.source import Source, read_source
from runicd.runefile.typed import TypedPipeline
from runicd.types import Pipeline, Rune

GOLDEN_NAME = "golden.json"
RUNEFILE_NAMES = ("Runefile", "Runefile.yml", "Runefile.yaml")


def find_runefile(path: str | Path) -> Path:
    """Return the Runefile that a path means: itself, or the one in it. Raises InputError."""
    path = Path(path)
    if not path.is_dir():
        return path
    for name in RUNEFILE_NAMES:
        if (path / name).is_file():
            return path / name
    remedy = f"name a file, or a folder that holds {' or '.join(RUNEFILE_NAMES)}"
    raise InputError("there is no Runefile here", where=str(path), remedy=remedy)


def default_name(runefile: Path) -> str:
    """Return the Rune's name where none is given: its folder's, or that of a file of its own name.

    So do several Runefiles in one folder become several Runes.
    """
    plain = runefile.name in RUNEFILE_NAMES
    return rune_name(runefile.resolve().parent.name if plain else runefile.stem)


def build_pipeline(source: Source, name: str, folder: str, faults: Faults) -> Pipeline:
    """Parse and lower. Raises RunefileError only where nothing is left to go on with."""
    document = parse(source, faults)
    if document is None:
        faults.stop_if_any()
        raise AssertionError("a Document is missing only after a fault")
    return lower(document, name, folder, faults)


def check_runefile(
    path: str | Path,
    *,
    name: str | None = None,
    period_ms: int | None = None,
    release: str | None = None,
    security_counter: int | None = None,
    rounding: str | None = None,
    call_limit_ms: int | None = None,
    folder: str | Path | None = None,
) -> TypedPipeline:
    """Parse, lower and check a Runefile.

    `name` defaults to `default_name`; `folder` is where its relative paths start, the
    Runefile's own by default. Raises RunefileError with every fault, InputError for a bad name, an
    unknown rounding or a limit out of range.
    """
    runefile = find_runefile(path)
    if name is not None:
        check_name(name)
    faults = Faults()
    source = read_source(runefile)
    own_name = name or default_name(runefile)
    pipeline = build_pipeline(source, own_name, str(folder or runefile.parent), faults)
    if period_ms is not None:
        pipeline = replace(pipeline, period_ms=period_ms)
    if release is not None:
        pipeline = replace(pipeline, release=release)
    if security_counter is not None:
        check_counter(security_counter)
        pipeline = replace(pipeline, security_counter=security_counter)
    if rounding is not None:
        check_rounding(rounding)
        pipeline = replace(pipeline, rounding=rounding)
    if call_limit_ms is not None:
        check_limit("call_ms", call_limit_ms)
        pipeline = replace(pipeline, limits={**pipeline.limits, "call_ms": call_limit_ms})
    typed = check(pipeline, faults)
    check_rates(typed, faults)
    return typed


def build(  # noqa: PLR0913 - each is an option of its own
    path: str | Path = ".",
    *,
    name: str | None = None,
    period_ms: int | None = None,
    release: str | None = None,
    security_counter: int | None = None,
    rounding: str | None = None,
    call_limit_ms: int | None = None,
    folder: str | Path | None = None,
    key: str | None = None,
    unsigned: bool = False,
) -> Rune:
    """Build the Rune of a Runefile, or of the one in a folder. Raises RunefileError or InputError.

    Golden vectors are taken from `golden.json` beside the Runefile, when there is one. It is
    signed with the user's key of that name or id, or else with the default one, which is made if
    it is not there; not if `unsigned`.
    """
    pipeline = check_runefile(
        path,
        name=name,
        period_ms=period_ms,
        release=release,
        security_counter=security_counter,
        rounding=rounding,
        call_limit_ms=call_limit_ms,
        folder=folder,
    )
    rune = finish(pipeline, path)
    return rune if unsigned else signed(rune, keys.find(key) if key else keys.default())


def finish(pipeline: TypedPipeline, path: str | Path) -> Rune:
    """Bundle the pipeline of the Runefile at `path`, with golden vectors, unsigned.

    Raises InputError.
    """
    beside = find_runefile(path).parent
    if not (beside / GOLDEN_NAME).exists():
        return bundle(pipeline)
    from runicd.runefile.golden import load_golden  # noqa: PLC0415 - only where there are vectors

    return bundle(pipeline, load_golden(beside / GOLDEN_NAME, pipeline))
