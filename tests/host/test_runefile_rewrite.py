"""`fmt` says the same in canonical form, and `convert` makes YAML that builds the same Rune."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runicd.errors import RunefileError
from runicd.runefile.build import build
from runicd.runefile.faults import Faults
from runicd.runefile.parse import parse
from runicd.runefile.rewrite import convert_runefile, format_runefile
from runicd.runefile.source import Source
from runicd.runefile.syntax import ArgDecl, Document, ResourceDecl, StageDecl, TypeDecl, Word
from runicd.runefile.write_old import write_old
from runicd.runefile.write_yaml import write_yaml
from runicd.types import TensorRef
from runicos.contract.checked_manifest import CALL_MAX_MS, ROUNDINGS
from runicos.contract.element import MAX_BYTES
from tests.host.runefile_samples import SINE_G0, SINE_G1, SINE_G2, dense_model, write

RUNES = Path(__file__).parents[2] / "runes"
OWN = sorted(path for path in RUNES.glob("*/Runefile*") if path.is_file())


@pytest.mark.parametrize("path", OWN, ids=[f"{path.parent.name}/{path.name}" for path in OWN])
def test_the_repositorys_own_runefiles_survive(path: Path) -> None:
    source = Source(str(path), path.read_text())
    text = format_runefile(source)
    assert format_runefile(Source(str(path), text)) == text
    assert _comments(text) == _comments(source.text)
    assert _parsed(text) == _parsed(source.text)


@pytest.mark.parametrize("path", OWN, ids=[f"{path.parent.name}/{path.name}" for path in OWN])
def test_the_repositorys_own_runefiles_are_formatted(path: Path) -> None:
    text = path.read_text()
    assert format_runefile(Source(str(path), text)) == text


def _comments(text: str) -> list[str]:
    return sorted(line.strip() for line in text.split("\n") if line.strip().startswith("#"))


def _parsed(text: str) -> Document:
    faults = Faults()
    document = parse(Source("Runefile", text), faults)
    assert faults.found == []
    assert document is not None
    return document


@pytest.mark.parametrize("text", [SINE_G0, SINE_G1], ids=["G0", "G1"])
def test_converted_runefiles_build_the_same_bytes(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, {"Runefile": text, "sine.tflite": dense_model()})
    before = build(path, name="sine").data
    converted = tmp_path / "Runefile.yml"
    converted.write_text(convert_runefile(path))
    assert build(converted, name="sine").data == before


def test_converting_the_old_fft_splits_it(tmp_path: Path) -> None:
    text = """\
# A comment at the top.
FROM runicos/base
CAPABILITY AUDIO audio --hz 16000 --sample-size-ms 1000   # listens
PROC_BLOCK runicos/fft fft
MODEL ./m.tflite model
PROC_BLOCK ohv_label label --labels up,down,"left, right",four,five,six
RUN audio fft model label
# before the end
OUT serial
# the end
"""
    path = write(tmp_path, {"Runefile": text, "m.tflite": dense_model((1, 1960), 6, "i8")})
    converted = tmp_path / "Runefile.yml"
    converted.write_text(convert_runefile(path))
    for comment in ("# A comment at the top.", "# listens", "# before the end", "# the end"):
        assert converted.read_text().count(comment) == 1
    assert converted.read_text().startswith("# A comment at the top.\nversion: 1\n")
    assert "proc-block: noise-filtering" in converted.read_text()
    one, other = build(path, name="x").manifest, build(converted, name="x").manifest
    assert one == other


def test_fmt_is_plain_to_read() -> None:
    untidy = """\
# head


FROM   runicos/base
CAPABILITY<  I16[ 16000 ] >   audio  SOUND --hz=16000   -d "a b" \\
   --sample-duration-ms    1000 # beside
PROC_BLOCK<_,_> fft "hotg-ai/rune#proc_blocks/fft" --list=a,b , c --empty=""
RUN   audio    fft


OUT serial
"""
    assert (
        format_runefile(Source("Runefile", untidy))
        == """\
# head

FROM runicos/base
CAPABILITY<i16[16000]> audio SOUND --hz 16000 --d "a b" --sample-duration-ms 1000
# beside
PROC_BLOCK<_,_> fft hotg-ai/rune#proc_blocks/fft --list a,b,c --empty ""
RUN audio fft

OUT serial
"""
    )


def test_fmt_of_yaml_keeps_comments_and_values_that_look_like_them() -> None:
    text = """\
# top
image:   "runicos/base"   # base
version: 1
pipeline:
    label:   # names
        args:
            wordlist: |
                # not a comment
                two # neither
            number: 5
            text: "5"
            truth: "yes"
        # above inputs
        inputs: [data]
        proc-block: label
    data: {capability: RAW}
    s: {out: serial, inputs: ["label"]}
"""
    expected = """\
# top
version: 1
image: runicos/base  # base
pipeline:
  label:  # names
    proc-block: label
    # above inputs
    inputs: [data]
    args:
      wordlist: |
        # not a comment
        two # neither
      number: 5
      text: "5"
      truth: "yes"
  data:
    capability: RAW
  s:
    out: serial
    inputs: [label]
"""
    formatted = format_runefile(Source("Runefile", text))
    assert _parsed(formatted) == _parsed(text)
    assert formatted.split("\n")[1:] == expected.split("\n")[1:] or formatted == expected


def test_fmt_refuses_to_lose_a_key() -> None:
    with pytest.raises(RunefileError, match='has no key "pipelines"'):
        format_runefile(Source("Runefile", SINE_G2 + "pipelines: 3\n"))


def test_fmt_wraps_long_lines_and_reads_them_back() -> None:
    words = ",".join(f"word{index}" for index in range(30))
    options = " ".join(f"--option-{index} value{index}" for index in range(20))
    text = f"FROM runicos/base\nPROC_BLOCK label label --labels {words} {options}\n"
    formatted = format_runefile(Source("Runefile", text))
    assert " \\\n    --option-" in formatted
    assert _parsed(formatted) == _parsed(text)


NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,8}", fullmatch=True)
TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t"), max_size=24
)
NUMBERS = st.integers(-(2**31), 2**31 - 1) | st.floats(
    allow_nan=False, allow_infinity=False, width=32
)
DIMS = st.none() | st.lists(st.integers(1, 9999), min_size=1, max_size=4).map(tuple)
TYPES = st.builds(TypeDecl, st.sampled_from(["f32", "i8", "u64"]).map(Word), DIMS)
LISTS = st.lists(st.text(string.ascii_letters + " ,\"\\#[]-<'", max_size=6) | NUMBERS, max_size=4)


def _args(values: st.SearchStrategy) -> st.SearchStrategy:
    arg = st.builds(
        ArgDecl, st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,6}", fullmatch=True).map(Word), values
    )
    return st.lists(arg, max_size=3, unique_by=lambda one: one.name.text).map(tuple)


@st.composite
def yaml_documents(draw: st.DrawFn) -> Document:
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    refs = st.builds(TensorRef, st.sampled_from(names), st.integers(0, 3))
    items = []
    for name in names:
        kind = draw(st.sampled_from(["capability", "block", "model", "output"]))
        takes = () if kind == "capability" else draw(st.lists(refs, max_size=3).map(tuple))
        gives = () if kind == "output" else draw(st.lists(TYPES, max_size=2).map(tuple))
        what = Word(draw(TEXTS.filter(bool)))
        args = draw(_args(TEXTS | NUMBERS))
        items.append(StageDecl(kind, Word(name), what, args, takes, (), gives))
    name = st.from_regex(r"\$[_a-zA-Z][_a-zA-Z0-9]{0,5}", fullmatch=True).map(Word)
    made = st.builds(
        ResourceDecl, name, st.sampled_from(["string", "binary"]), inline=st.none() | TEXTS
    )
    resources = draw(st.lists(made, max_size=2, unique_by=lambda one: one.name.text).map(tuple))
    period = draw(st.none() | st.integers(0, 10**6))
    release = draw(st.none() | TEXTS)
    rounding = draw(st.none() | st.sampled_from(ROUNDINGS))
    limits = draw(st.just({}) | st.builds(dict, call_ms=st.integers(1, CALL_MAX_MS)))
    counter = draw(st.none() | st.integers(0, MAX_BYTES))
    said = (resources, period, release, rounding, limits, counter)
    return Document("G2", "", Word("runicos/base"), tuple(items), *said)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(yaml_documents())
def test_yaml_reads_back_as_it_was_written(document: Document) -> None:
    text = write_yaml(document, "")
    faults = Faults()
    again = parse(Source("Runefile.yml", text), faults)
    assert faults.found == []
    assert again is not None
    assert (again.items, again.resources) == (document.items, document.resources)
    assert (again.period_ms, again.release) == (document.period_ms, document.release)
    assert (again.rounding, again.limits) == (document.rounding, document.limits)
    assert again.security_counter == document.security_counter
    assert write_yaml(again, text) == text


@st.composite
def old_documents(draw: st.DrawFn) -> Document:
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    generation = draw(st.sampled_from(["G0", "G1"]))
    items = []
    for name in names:
        kind = draw(st.sampled_from(["capability", "block", "model"]))
        takes, gives = _old_types(draw, generation, kind)
        what = Word(draw(TEXTS.filter(bool)))
        args = draw(_args(TEXTS | NUMBERS | LISTS.map(tuple)))
        if generation == "G0" and kind == "model":
            args = tuple(arg for arg in args if arg.name.text not in {"input", "output"})
        items.append(StageDecl(kind, Word(name), what, args, None, takes, gives))
    return Document(generation, "", Word("runicos/base"), tuple(items))


def _old_types(
    draw: st.DrawFn, generation: str, kind: str
) -> tuple[tuple[TypeDecl, ...], tuple[TypeDecl, ...]]:
    if generation == "G1":
        both = draw(st.lists(TYPES, min_size=2, max_size=2))
        return (() if kind == "capability" else (both[0],)), (both[1],)
    if kind != "model":
        return (), ()
    shapes = st.builds(TypeDecl, st.none(), DIMS.filter(bool))
    return draw(st.lists(shapes, max_size=2).map(tuple)), draw(
        st.lists(shapes, max_size=2).map(tuple)
    )


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(old_documents())
def test_old_forms_read_back_as_they_were_written(document: Document) -> None:
    text = write_old(document, "")
    faults = Faults()
    again = parse(Source("Runefile", text), faults)
    assert faults.found == []
    assert again is not None
    assert again.items == document.items
    assert write_old(again, text) == text


@settings(max_examples=200, deadline=None)
@given(
    st.text(max_size=200)
    | st.lists(
        st.sampled_from(
            [
                "FROM ",
                "CAPABILITY",
                "MODEL<",
                "RUN ",
                "\\\n",
                '"',
                "[",
                "]",
                ",",
                "--x",
                "=",
                " ",
                "\n",
                "#",
                "a",
                "5",
                "<",
                ">",
                "pipeline:",
                "  ",
                "- ",
                "version: 1",
                "{",
                "}",
                "&a ",
                "*a",
            ]
        ),
        max_size=40,
    ).map("".join)
)
def test_no_text_whatever_breaks_the_parsers(text: str) -> None:
    for name in ("Runefile", "Runefile.yml"):
        faults = Faults()
        document = parse(Source(name, text), faults)
        assert document is not None or faults.found
        for fault in faults.found:
            assert 1 <= fault.span.line <= text.count("\n") + 2
            assert fault.span.column >= 1


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([SINE_G0, SINE_G1, SINE_G2]),
    st.integers(0, 400),
    st.integers(0, 12),
    st.text(max_size=4),
)
def test_a_damaged_runefile_is_refused_or_understood(
    text: str, at: int, cut: int, put: str
) -> None:
    damaged = text[:at] + put + text[at + cut :]
    try:
        formatted = format_runefile(Source("Runefile", damaged))
    except RunefileError as error:
        assert error.diagnostics
    else:
        assert format_runefile(Source("Runefile", formatted)) == formatted
