"""Admission: every demand is held against the board's facts, each reason told with numbers."""

from typing import Any

import pytest

from runicos.contract import admission, errors, memory, rune_manifest, sentences
from runicos.contract.errors import Refused, RuneError
from tests.host.test_contract_manifest import good

MANIFEST = rune_manifest.parse(good())


def facts(**changes: Any) -> dict[str, Any]:
    """Facts of a board that can run the manifest of `good`."""
    return {
        "abi": ["0.11"],
        "capabilities": {"RAND": {"amount": [1, 64]}},
        "outputs": ["SERIAL"],
        "ops": ["FULLY_CONNECTED:float32"],
        "rounding": "tflm-double",
        "blocks": ["modulo"],
        "heap_free": 200_000,
        "flash_free": 1_000_000,
    } | changes


def reasons(**changes: Any) -> list[tuple[object, ...]]:
    with pytest.raises(Refused) as caught:
        admission.admit(MANIFEST, facts(**changes), 5000)
    return caught.value.reasons


def test_a_board_with_everything_grants() -> None:
    grant = admission.admit(MANIFEST, facts(), 5000)
    assert grant.capabilities == ["RAND"]
    assert grant.outputs == ["SERIAL"]
    assert grant.ram_bytes == memory.ram_bytes(MANIFEST)


def test_every_reason_is_told_not_just_the_first() -> None:
    found = reasons(
        abi=[], capabilities={}, outputs=[], ops=[], blocks=[], heap_free=0, flash_free=0
    )
    assert [reason[0] for reason in found] == [
        errors.ABI_UNKNOWN,
        errors.NO_CAPABILITY,
        errors.NO_OUTPUT,
        errors.NO_OP,
        errors.NO_BLOCK,
        errors.RAM_SHORT,
        errors.FLASH_SHORT,
    ]


def test_a_parameter_outside_the_boards_range_is_told() -> None:
    assert reasons(capabilities={"RAND": {"amount": [2, 4]}}) == [
        (errors.CAPABILITY_RANGE, "RAND", "amount", 1, 2, 4)
    ]


def test_shortfalls_are_told_to_the_byte() -> None:
    needed = memory.ram_bytes(MANIFEST)
    free = needed - 1 + admission.SERVICE_BYTES
    assert reasons(heap_free=free) == [(errors.RAM_SHORT, 1, needed, needed - 1)]
    assert reasons(flash_free=4000) == [(errors.FLASH_SHORT, 1000, 5000, 4000)]


def test_a_rounding_that_the_firmware_lacks_is_told_where_anything_is_rounded() -> None:
    single = good() | {"rounding": "tflm-single"}
    admission.admit(rune_manifest.parse(single), facts(), 5000)  # its only operator is of floats
    single["models"][0]["ops"] = ["FULLY_CONNECTED:float32", "FULLY_CONNECTED:int8"]
    ops = single["models"][0]["ops"]
    with pytest.raises(Refused) as caught:
        admission.admit(rune_manifest.parse(single), facts(ops=ops), 5000)
    assert caught.value.reasons == [(errors.NO_ROUNDING, "tflm-single", "tflm-double")]
    admission.admit(rune_manifest.parse(single), facts(ops=ops, rounding="tflm-single"), 5000)


def test_ram_grows_with_each_part() -> None:
    less = rune_manifest.parse(good() | {"blocks": [], "stages": []})
    assert memory.ram_bytes(less) < memory.ram_bytes(MANIFEST)


def test_tables_count_as_wide_as_the_boards_pointers_are() -> None:
    told = rune_manifest.parse(good() | {"limits": {"table_bytes_32": [256]}})
    (wide,) = (int(model["table_bytes"]) for model in good()["models"])
    untold, narrow = (memory.model_bytes(manifest, 0, 4) for manifest in (MANIFEST, told))
    assert untold - narrow == -(-wide // 16) * 16 - 256
    grant = admission.admit(told, facts(pointer_bytes=4), 5000)
    assert grant.ram_bytes == memory.ram_bytes(told, 4) < memory.ram_bytes(told)


def test_sentences_carry_the_numbers() -> None:
    text = sentences.sentence(errors.REFUSED, reasons(heap_free=0, outputs=[]))
    assert "no output SERIAL on this board; it has none" in text
    assert f"short by {memory.ram_bytes(MANIFEST)} bytes of RAM" in text


def test_every_code_has_a_sentence_that_takes_its_arguments() -> None:
    codes = {
        name: value
        for name, value in vars(errors).items()
        if name.isupper() and isinstance(value, int)
    }
    assert len(set(codes.values())) == len(codes)
    for code in codes.values():
        assert "error" not in sentences.sentence(code, ["x"] * 8) or code == errors.INTERNAL


@pytest.mark.parametrize("arguments", [[], ["one"], [[1, 2]], [None, 3, b"x"]])
def test_a_newer_boards_error_is_shown_as_it_is(arguments: list[object]) -> None:
    for code in (9999, errors.RAM_SHORT, errors.REFUSED):
        assert sentences.sentence(code, arguments)


def test_an_error_keeps_its_code_and_arguments() -> None:
    error = RuneError(errors.BUSY, "a cast")
    assert (error.code, error.arguments) == (errors.BUSY, ("a cast",))
