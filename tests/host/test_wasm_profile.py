"""What boards take of WebAssembly: the host says the same of a module as the board's validator."""

import random
from collections.abc import Callable

import pytest
import wasmtime

from runicd.errors import RuneFormatError
from runicd.runefile.validate import check_block
from runicd.runefile.wasm_module import read_module
from runicd.runefile.wasm_profile import check_profile
from tests.native.test_wasm3_validate import BAD_CODE, LIMITS, module
from tests.native.wasm_encoding import leb, section
from tests.native.wasm_growing import grown_module

NEWER = {
    "opcode_bulk_memory": "uses bulk memory",
    "opcode_saturating": "uses saturating conversions",
    "opcode_reference": "uses reference types",
    "opcode_select_typed": "uses reference types",
}
MADE: dict[str, tuple[Callable[[int], bytes], int, str]] = {
    "types": (lambda n: b"\0asm\1\0\0\0" + section(1, [b"\x60\0\0"] * n), 128, "129 types"),
    "globals": (
        lambda n: b"\0asm\1\0\0\0" + section(6, [b"\x7f\0\x41\0\x0b"] * n),
        *(256, "257 globals"),
    ),
    "exports": (
        lambda n: (
            b"\0asm\1\0\0\0"
            + section(5, [b"\0\1"])
            + section(7, [b"\4" + b"e%03d" % i + b"\2\0" for i in range(n)])
        ),
        *(64, "65 exports"),
    ),
}


def verdict(data: bytes) -> str:
    try:
        check_profile(read_module(data))
    except RuneFormatError as error:
        return error.what
    return ""


@pytest.mark.parametrize("name", LIMITS)
def test_limits_are_those_of_the_board(name: str) -> None:
    make, limit, _, _ = LIMITS[name]
    assert verdict(make(limit)) == ""
    assert f"{limit + 1} " in verdict(make(limit + 1))
    assert f"boards take {limit}" in verdict(make(limit + 1))


@pytest.mark.parametrize("name", MADE)
def test_lists_are_no_longer_than_boards_take(name: str) -> None:
    make, limit, said = MADE[name]
    assert verdict(make(limit)) == ""
    assert said in verdict(make(limit + 1))


@pytest.mark.parametrize("name", NEWER)
def test_what_is_newer_than_the_board_is_named(name: str) -> None:
    assert NEWER[name] in verdict(module(BAD_CODE[name][0]))


def test_a_block_of_several_results_is_named() -> None:
    assert "uses several results" in verdict(module(b"\x02\0\x0b"))


def test_a_start_function_is_named() -> None:
    assert verdict(wasmtime.wat2wasm("(module (func $f) (start $f))")) == "a start function"


def test_grown_modules_are_taken() -> None:
    chance = random.Random(7)
    for _ in range(100):
        check_block(read_module(grown_module(chance)))


def test_an_invalid_block_is_refused_with_the_validators_reason() -> None:
    with pytest.raises(RuneFormatError, match=r"no valid WebAssembly 1.0: type mismatch"):
        check_block(read_module(module(b"\x41\0")))


def test_a_parameter_too_many_is_named() -> None:
    many = b"\0asm\1\0\0\0" + section(1, [b"\x60" + leb(65) + b"\x7f" * 65 + b"\0"])
    assert "65 parameters" in verdict(many)


def test_a_large_table_is_named() -> None:
    large = b"\0asm\1\0\0\0" + section(4, [b"\x70\0" + leb(4097)])
    assert "4097 elements in a table" in verdict(large)
