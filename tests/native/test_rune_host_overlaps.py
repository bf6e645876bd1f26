"""Pointers that are inside memory and yet odd: overlapping, pointing at themselves, empty."""

from pathlib import Path

import pytest

from tests.native.rune_board import board
from tests.native.rune_models import write_doubler, write_two_by_two
from tests.native.test_rune_host_calls import SETUP, every_call
from tests.native.wasm_sources import write_wasm

CHANGED = """
def changed(before):
    after = bytes(m.memory)
    found = [at for at in range(256) if before[at] != after[at]]
    return (found[0], found[-1]) if found else None
def put(at, form, *values):
    m.memory[at:at + struct.calcsize(form)] = struct.pack(form, *values)
"""


@pytest.fixture(scope="module")
def guest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wasm(tmp_path_factory.mktemp("guest"), "guest", every_call())


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    return {"doubler": write_doubler(folder), "two": write_two_by_two(folder)}


def run(guest: Path, script: str, *more: Path) -> list[str]:
    return board(SETUP + CHANGED + script, guest, *more)


def test_a_model_may_write_over_its_own_inputs(guest: Path, models: dict[str, Path]) -> None:
    script = """
for shift in (0, 1, 4, 15):
    put(0, "<II", 64, 64 + shift)
    put(64, "<4f", 1, 2, 3, 4)
    before = bytes(m.memory)
    print(call("rune_model_infer", 2, 0, 4), struct.unpack("<4f", m.memory[64 + shift:80 + shift]),
        changed(before)[0] >= 64, changed(before)[1] < 80 + shift)
"""
    expected = ["0 (2.0, 4.0, 6.0, 8.0) True True"] * 4
    assert run(guest, script, models["doubler"]) == expected


def test_pointer_arrays_that_point_at_themselves(guest: Path, models: dict[str, Path]) -> None:
    """The array is read as the tensor; the result then lies over the array, and nowhere else."""
    script = """
put(16, "<4I", 16, 0, 0, 0)
before = bytes(m.memory)
print(call("rune_model_infer", 2, 16, 16), changed(before))
print(struct.unpack("<4I", m.memory[16:32]) == (32, 0, 0, 0))
"""
    assert run(guest, script, models["doubler"]) == ["0 (16, 16)", "True"]


def test_an_output_over_the_array_of_outputs_redirects_nothing_outside(
    guest: Path, models: dict[str, Path]
) -> None:
    """The first output rewrites the second's pointer: it is checked after that, not before."""
    script = """
put(0, "<II", 64, 72)
put(64, "<4f", 1, 1, 1, 1)
put(16, "<II", 16, 40)
before = bytes(m.memory)
print(error(call, "rune_model_infer", 2, 0, 16), changed(before))
"""
    said = "GuestError: rune_model_infer: a pointer or length lies outside the memory"
    assert run(guest, script, models["two"]) == [f"{said} (16, 23)"]


def test_outputs_on_each_other_leave_the_last_one(guest: Path, models: dict[str, Path]) -> None:
    script = """
put(0, "<IIII", 64, 64, 128, 128)
put(64, "<2f", 3, 4)
before = bytes(m.memory)
print(call("rune_model_infer", 2, 0, 8), struct.unpack("<2f", m.memory[128:136]))
print(changed(before)[0] >= 128, changed(before)[1] < 136)
"""
    assert run(guest, script, models["two"]) == ["0 (9.0, 16.0)", "True True"]


def test_shapes_that_are_their_own_text(guest: Path) -> None:
    script = """
put(0, "<II", 0, 8)
print(error(call, "rune_model_load", 65, 4, 0, 256, 0, 1, 0, 1))
print(host.log[-1][3] == ("\\0" * 4 + "\\x08" + "\\0" * 3,))
"""
    assert run(guest, script) == ["no error", "True"]


def test_a_key_that_is_its_value_and_empty_ones(guest: Path) -> None:
    script = """
print(call("request_capability_set_param", 1, 97, 4, 97, 4, 1), host.log[-1])
print(call("request_capability_set_param", 1, 256, 0, 256, 0, 1), host.log[-1])
"""
    assert run(guest, script) == [
        "0 ('param', 1, 'abcd', b'abcd', 1)",
        "0 ('param', 1, '', b'', 1)",
    ]


@pytest.mark.parametrize("capability", [1, 9])
def test_a_sensor_fills_its_buffer_and_no_byte_more(guest: Path, capability: int) -> None:
    script = f"""
for pointer, length in ((0, 8), (248, 8), (255, 1), (100, 11), (256, 0)):
    before = bytes(m.memory)
    print(call("request_provider_response", pointer, length, {capability}) == length)
    found = changed(before)
    print(found is None or (found[0] >= pointer and found[1] < pointer + length))
"""
    assert run(guest, script) == ["True"] * 10


def test_a_resource_fills_its_buffer_and_no_byte_more(guest: Path) -> None:
    script = """
before = bytes(m.memory)
print(call("rune_resource_read", 1, 251, 5), changed(before))
print(call("rune_resource_read", 1, 256, 0))
"""
    assert run(guest, script) == ["5 (251, 255)", "0"]


def test_a_resource_that_is_not_open_is_named(guest: Path) -> None:
    script = """
host.resource_read = lambda identity, buffer: -1
print(error(call, "rune_resource_read", 7, 0, 16))
"""
    said = "no resource is open under that id"
    assert run(guest, script) == [f"GuestError: rune_resource_read: {said}"]
