"""The reader of `.rune` files believes nothing: cut off anywhere or lying, it says so."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runicd.errors import RuneFormatError
from runicd.runefile.build import build
from runicd.runefile.emit_wasm import custom_section, section, unsigned
from runicd.runefile.read_rune import read_rune
from runicd.runefile.wasm_module import MAGIC, read_module
from runicos.contract import cbor
from tests.host.runefile_samples import SINE_G2, dense_model, write


@pytest.fixture(scope="module")
def sine(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("sine")
    golden = '[{"inputs": {"rand": [[3]]}, "outputs": {"serial": [6]}}]'
    files = {"Runefile": SINE_G2, "sine.tflite": dense_model(), "golden.json": golden}
    return build(write(folder, files), name="sine", unsigned=True).data


def refused(data: bytes) -> str:
    with pytest.raises(RuneFormatError) as caught:
        read_rune(data)
    return str(caught.value)


def without(data: bytes, name: str) -> bytes:
    module = read_module(data)
    parts = [data[: module.sections[0].offset]]
    parts += [data[one.offset : one.end] for one in module.sections if one.name != name]
    return b"".join(parts)


def test_cut_off_at_every_length(sine: bytes) -> None:
    ends = {one.offset for one in read_module(sine).sections} | {8, len(sine)}
    for length in range(len(sine)):
        if length not in ends:
            refused(sine[:length])
            continue
        try:  # the end of a section is the end of a module; what is missing is found out, or not
            read_rune(sine[:length])
        except RuneFormatError:
            continue


def test_every_byte_damaged(sine: bytes) -> None:
    for at in range(len(sine)):
        for flip in (0x01, 0x80, 0xFF):
            damaged = bytearray(sine)
            damaged[at] ^= flip
            try:
                read_rune(bytes(damaged))
            except RuneFormatError as error:
                assert str(error)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_lying_lengths(sine: bytes, data: st.DataObject) -> None:
    module = read_module(sine)
    target = data.draw(st.sampled_from(module.sections))
    lie = data.draw(st.integers(0, 2**32 - 1))
    head = sine[: target.offset + 1] + unsigned(lie)
    rest = sine[target.offset + 1 + len(unsigned(target.end - target.start)) :]
    try:
        read_rune(head + rest)
    except RuneFormatError as error:
        assert str(error)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_rubbish(rubbish: bytes) -> None:
    for data in (rubbish, MAGIC + rubbish, MAGIC + custom_section("runic.manifest", rubbish)):
        try:
            read_rune(data)
        except RuneFormatError as error:
            assert str(error)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "is cut off"),
        (b"PK\3\4 a zip", "is no WebAssembly 1.0 module"),
        (MAGIC[:4] + b"\2\0\0\0", "is no WebAssembly 1.0 module"),
        (MAGIC + b"\x0d\0", "there is no section 13"),
        (MAGIC + b"\1\xff\xff\xff\xff\x1f", "larger than 32 bits"),
        (MAGIC + section(1, b"\x80\x80\x80\x80\x08"), "items are announced"),
        (MAGIC + section(3, b"\1\0"), "there is no type 0"),
        (MAGIC + section(5, b"\2\0\1\0\1"), "more than one memory"),
        (MAGIC + section(5, b"\1\0\1") + section(5, b"\1\0\1"), "out of order"),
        (MAGIC + section(7, b"\1\1a\0\0"), "names func 0, which there is not"),
        (MAGIC + section(6, b"\1\x7f\0\xfd\0\x0b"), "opcode 0xfd in a constant"),
        (MAGIC + section(0, b"\x05ab"), "5 bytes are announced"),
        (MAGIC + section(0, b"\1\xff"), "not UTF-8"),
        (MAGIC + custom_section("runic.model", b"\0abc"), "models or blocks but no manifest"),
        (MAGIC + custom_section("runic.later", b""), "made by a newer runicd"),
        (MAGIC + custom_section("runic.manifest", b"\xa0" * 2), "no CBOR"),
        (MAGIC + custom_section(".rune_graph", b"{"), "is no JSON"),
        (MAGIC + custom_section(".rune_graph", b"[" * 100_000), "is no JSON"),
        (MAGIC + custom_section(".rune_version", b"7"), "is no JSON object"),
        (MAGIC + custom_section(".rune_resource", b"\0\0\0\x09abc"), "runs past its section"),
        (MAGIC + custom_section(".rune_resource", b"\0\0"), "runs past its section"),
    ],
)
def test_what_is_wrong_is_named(data: bytes, what: str) -> None:
    assert what in refused(data)


def test_a_model_that_is_not_the_manifests(sine: bytes) -> None:
    at = sine.index(dense_model()) + 60
    damaged = sine[:at] + bytes([sine[at] ^ 1]) + sine[at + 1 :]
    assert 'model "sine" differs from its hash' in refused(damaged)
    assert 'model "sine" has no section' in refused(without(sine, "runic.model"))


def test_two_manifests(sine: bytes) -> None:
    payload = read_module(sine).custom("runic.manifest")[0]
    assert "2 manifests" in refused(sine + custom_section("runic.manifest", payload))


def test_golden_vectors_are_checked(sine: bytes) -> None:
    assert len(read_rune(sine).golden) == 1
    vectors = [{}, {"inputs": {}, "outputs": [], "tolerance": 0.0}, 5]
    vectors.append({"inputs": {"a": "text"}, "outputs": {}, "tolerance": 0.0})
    vectors.append({"inputs": {}, "outputs": {"a": b"flat"}, "tolerance": 0.0})
    for vector in vectors:
        damaged = sine + custom_section("runic.golden", cbor.dumps(vector))
        assert "golden vector is damaged" in refused(damaged)


def test_padding_is_checked(sine: bytes) -> None:
    other = without(sine, "runic.model")
    for payload in (b"", b"\x09abc", b"\2\1\0abc"):
        text = refused(other + custom_section("runic.model", payload))
        assert "padded wrongly" in text


def test_original_runes_are_read(tmp_path: Path) -> None:
    resource = b"".join(
        struct.pack(">I", len(part)) + part for part in (b"LABELS", b"yes\nno", b"EMPTY", b"")
    )
    data = (
        MAGIC
        + section(1, b"\1\x60\1\x7f\1\x7f")
        + section(2, b"\1\3env\x12request_capability\0\0")
        + section(5, b"\1\0\x11")
        + custom_section(".rune_graph", b'{"rune":{"name":"old"}}')
        + custom_section("rune_version", b'{"version":"0.5.3"}')
        + custom_section(".rune_resource", resource)
    )
    rune = read_rune(data)
    assert rune.is_original
    assert rune.version == "0.5.3"
    assert rune.resources == {"LABELS": b"yes\nno", "EMPTY": b""}
    assert rune.module.memory_pages == 17
    assert [str(one.signature) for one in rune.module.imports] == ["(i32) -> i32"]
