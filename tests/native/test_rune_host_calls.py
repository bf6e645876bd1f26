"""What a Rune may hand to its host: every pointer and length of every host function, tried."""

from pathlib import Path

import pytest

from tests.native.rune_board import board
from tests.native.rune_models import write_doubler
from tests.native.wasm_sources import write_wasm

MEMORY_BYTES = 256
MAX = 0xFFFFFFFF

# One export per host function that passes its parameters on.
SIGNATURES = {
    "env._debug": 2,
    "env.request_capability": 1,
    "env.request_capability_set_param": 6,
    "env.request_provider_response": 3,
    "env.request_output": 1,
    "env.consume_output": 3,
    "env.rune_model_load": 8,
    "env.rune_model_infer": 3,
    "env.rune_resource_open": 2,
    "env.rune_resource_read": 3,
    "env.rune_resource_close": 1,
    "env.tfm_preload_model": 4,
    "env.tfm_model_invoke": 5,
    "runic.model_open": 1,
    "runic.run": 2,
}


def every_call() -> str:
    imports, exports = [], []
    for index, (name, count) in enumerate(SIGNATURES.items()):
        module, field = name.split(".")
        parameters = "(param" + " i32" * count + ")"
        arguments = " ".join(f"(local.get {i})" for i in range(count))
        imports.append(f'(import "{module}" "{field}" (func $f{index} {parameters} (result i32)))')
        exports.append(
            f'(func (export "{field}") {parameters} (result i32) (call $f{index} {arguments}))'
        )
    return f"""(module {" ".join(imports)} (memory (export "memory") 1) {" ".join(exports)}
      (func (export "_manifest") (result i32) i32.const 1)
      (func (export "_call") (param i32 i32 i32) (result i32) i32.const 0))"""


SETUP = """
import nn
class Everything(Host):
    resource = b"0123456789"
    def model_load(self, mime, model, inputs, outputs):
        return self.note("load", mime, bytes(model), inputs, outputs)
    def resource_open(self, name):
        return self.note("resource", name)
    def resource_read(self, identity, buffer):
        count = min(len(buffer), len(self.resource))
        buffer[:count] = self.resource[:count]
        self.resource = self.resource[count:]
        return count
    def resource_close(self, identity):
        self.log.append(("close", identity))
host, ring = Everything(), rune.Ring(300)
m = wasm3.Runtime(memory_bytes=256).load(open(sys.argv[1], "rb").read())
c = rune.Container(m, host, rune.imports())
c.bind_capability(1, Bytes(b"sensor data"))
c.bind_capability(9, rune.Random(1))
if len(sys.argv) > 2:
    c.bind_model(2, nn.Model(open(sys.argv[2], "rb").read()))
c.bind_output(3, 1, ring)
def call(name, *arguments):
    return m.find(name)(*arguments)
for index in range(256):
    m.memory[index] = index
"""


@pytest.fixture(scope="module")
def guest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wasm(tmp_path_factory.mktemp("guest"), "guest", every_call())


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_doubler(tmp_path_factory.mktemp("model"))


OUTSIDE = [
    (0, MEMORY_BYTES + 1),
    (1, MEMORY_BYTES),
    (MEMORY_BYTES, 1),
    (MEMORY_BYTES + 1, 0),
    (MAX, 1),
    (MAX, MAX),
    (1, MAX),
    (0x80000000, 0x80000000),
    (MAX - 7, 16),
]

# Calls with {p} and {n} where a pointer and its length go; the rest is good.
POINTER_CALLS = [
    '"_debug", {p}, {n}',
    '"request_capability_set_param", 1, {p}, {n}, 0, 4, 1',
    '"request_capability_set_param", 1, 65, 6, {p}, {n}, 1',
    '"request_provider_response", {p}, {n}, 1',
    '"request_provider_response", {p}, {n}, 9',
    '"consume_output", 3, {p}, {n}',
    '"rune_model_load", {p}, {n}, 0, 4, 0, 0, 0, 0',
    '"rune_model_load", 65, 4, {p}, {n}, 0, 0, 0, 0',
    '"rune_resource_open", {p}, {n}',
    '"rune_resource_read", 1, {p}, {n}',
]


@pytest.mark.parametrize("template", POINTER_CALLS)
def test_memory_outside_is_refused_in_every_place(guest: Path, template: str) -> None:
    calls = "".join(
        f"print(error(call, {template.format(p=pointer, n=length)}))\n"
        for pointer, length in OUTSIDE
    )
    lines = board(SETUP + calls + "print(bytes(m.memory) == bytes(range(256)))", guest)
    name = template.split('"')[1]
    assert lines[:-1] == [
        f"GuestError: {name}: a pointer or length lies outside the memory"
    ] * len(OUTSIDE)
    assert lines[-1] == "True"


@pytest.mark.parametrize("template", POINTER_CALLS)
def test_nothing_at_the_very_end_of_memory_is_inside(guest: Path, template: str) -> None:
    script = f"print(error(call, {template.format(p=MEMORY_BYTES, n=0)}))"
    assert board(SETUP + script, guest) == ["no error"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("65, 4, 0, 4, 250, 1, 0, 0", "outside the memory"),
        ("65, 4, 0, 4, 0xfffffff8, 1, 0, 0", "outside the memory"),
        ("65, 4, 0, 4, 0, 0, 249, 1", "outside the memory"),
        ("65, 4, 0, 4, 0, 33, 0, 0", "at most 32 tensors"),
        ("65, 4, 0, 4, 0, 0x20000001, 0, 0", "at most 32 tensors"),
        ("65, 4, 0, 4, 0, 0xffffffff, 0, 0", "at most 32 tensors"),
        ("65, 4, 0, 4, 100, 1, 0, 0", "outside the memory"),
        ("200, 10, 0, 4, 0, 0, 0, 0", "not UTF-8"),
    ],
)
def test_shape_lists_are_checked(guest: Path, arguments: str, said: str) -> None:
    line = board(SETUP + f'print(error(call, "rune_model_load", {arguments}))', guest)[0]
    assert line.startswith("GuestError: rune_model_load: ") and said in line


@pytest.mark.parametrize(
    ("inputs", "outputs", "patch"),
    [
        (253, 0, b""),
        (MAX, 0, b""),
        (0, 253, b""),
        (0, MAX - 3, b""),
        (0, 4, b"\xf1\0\0\0\0\0\0\0"),
        (0, 4, b"\xff\xff\xff\xff\0\0\0\0"),
        (0, 4, b"\0\0\0\0\xf1\0\0\0"),
        (0, 4, b"\0\0\0\0\xf8\xff\xff\xff"),
    ],
)
def test_tensor_pointers_are_checked(
    guest: Path, model: Path, inputs: int, outputs: int, patch: bytes
) -> None:
    script = f"""
m.memory[:{len(patch)}] = {patch!r}
print(error(call, "rune_model_infer", 2, {inputs}, {outputs}))
"""
    assert board(SETUP + script, guest, model) == [
        "GuestError: rune_model_infer: a pointer or length lies outside the memory"
    ]


def test_a_model_computes_between_guest_tensors(guest: Path, model: Path) -> None:
    script = """
m.memory[0:8] = struct.pack("<II", 17, 101)
m.memory[17:33] = struct.pack("<4f", 1, 2, 3, 4)
print(call("rune_model_infer", 2, 0, 4), struct.unpack("<4f", m.memory[101:117]))
m.memory[0:8] = struct.pack("<II", 240, 240)
m.memory[240:256] = struct.pack("<4f", 5, 6, 7, 8)
print(call("rune_model_infer", 2, 0, 4), struct.unpack("<4f", m.memory[240:256]))
print(bytes(m.memory[20:24]) == struct.pack("<4f", 1, 2, 3, 4)[3:7])
"""
    assert board(SETUP + script, guest, model) == [
        "0 (2.0, 4.0, 6.0, 8.0)",
        "0 (10.0, 12.0, 14.0, 16.0)",
        "True",
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        '"request_provider_response", 0, 4, 2',
        '"request_provider_response", 0, 4, 0',
        '"request_provider_response", 0, 4, -1',
        '"consume_output", 1, 0, 4',
        '"consume_output", 259, 0, 4',
        '"rune_model_infer", 3, 0, 4',
        '"rune_model_infer", 0xffffffff, 0, 4',
    ],
)
def test_ids_that_nothing_is_bound_to_are_refused(
    guest: Path, model: Path, arguments: str
) -> None:
    line = board(SETUP + f"print(error(call, {arguments}))", guest, model)[0]
    assert line.endswith(": nothing is bound to that id")


def test_what_passes_through(guest: Path) -> None:
    script = """
print(call("_debug", 65, 3), call("request_capability", 2), call("request_output", 1))
print(call("request_capability_set_param", 1, 97, 2, 1, 4, 2), call("model_open", 7))
print(call("request_provider_response", 10, 6, 1), bytes(m.memory[9:17]))
print(call("consume_output", 3, 65, 5))
records(ring)
m.memory[0:16] = struct.pack("<IIII", 65, 2, 97, 3)
print(call("rune_model_load", 120, 2, 66, 4, 0, 2, 8, 1))
print(call("rune_resource_open", 65, 2))
print(call("rune_resource_read", 1, 20, 7), bytes(m.memory[20:28]))
print(call("rune_resource_read", 1, 20, 7), call("rune_resource_read", 1, 20, 7))
print(call("rune_resource_close", 5))
print(host.log)
"""
    lines = board(SETUP + script, guest)
    assert lines[:2] == ["0 1 2", "0 3"]
    assert lines[2] == r"6 b'\tsensor\x10'"
    assert lines[3:5] == ["5", "3 1 0 ABCDE"]
    assert lines[5:7] == ["4", "5"]
    assert lines[7] == r"7 b'0123456\x1b'"
    assert lines[8:10] == ["3 0", "0"]
    assert eval(lines[10]) == [
        ("debug", b"ABC"),
        ("capability", 2),
        ("output", 1),
        ("param", 1, "ab", b"\1\2\3\4", 2),
        ("open", 7),
        ("load", "xy", b"BCDE", ("AB", "abc"), ("abc",)),
        ("resource", "AB"),
        ("close", 5),
    ]


def test_long_names_and_messages_are_bounded(tmp_path: Path) -> None:
    script = (
        SETUP.replace("memory_bytes=256", "memory_bytes=5000")
        + """
m.memory[:5000] = b"x" * 5000
print(call("_debug", 0, 5000), len(host.log[-1][1]))
print(error(call, "rune_resource_open", 0, 257))
print(error(call, "request_capability_set_param", 1, 0, 257, 0, 4, 1))
print(error(call, "request_capability_set_param", 1, 0, 4, 0, 257, 1))
print(error(call, "consume_output", 3, 0, 400), ring.dropped)
"""
    )
    lines = board(script, write_wasm(tmp_path, "guest", every_call()))
    assert lines == [
        "0 1024",
        "GuestError: rune_resource_open: a name is too long",
        "GuestError: request_capability_set_param: a name is too long",
        "GuestError: request_capability_set_param: a value is too long",
        "GuestError: consume_output: the output is larger than its ring 1",
    ]


def test_a_capability_that_gives_too_little_is_an_error(guest: Path) -> None:
    script = 'print(error(call, "request_provider_response", 0, 12, 1))'
    said = "the capability gave fewer bytes than the buffer has"
    assert board(SETUP + script, guest) == [f"GuestError: request_provider_response: {said}"]


def test_removed_functions_say_so(guest: Path) -> None:
    script = """
print(error(call, "tfm_preload_model", 0, 0, 1, 1))
print(error(call, "tfm_model_invoke", 1, 0, 0, 0, 0))
"""
    assert board(SETUP + script, guest) == [
        "GuestError: tfm_preload_model: this feature has been removed",
        "GuestError: tfm_model_invoke: this feature has been removed",
    ]


@pytest.mark.parametrize("arguments", ["0, 1", "1, 0", "0xffffffff, 1", "0, 0xffffffff", "1, -1"])
def test_stages_that_are_not_there_do_not_run(guest: Path, arguments: str) -> None:
    script = f"""
c.pipeline = rune.Pipeline((), 0)
print(error(call, "run", {arguments}), error(call, "run", 0, 0))
"""
    assert board(SETUP + script, guest)[0].endswith("Error: no stages of that range no error")


def test_a_model_kept_in_place_survives_the_memory_that_moves(tmp_path: Path) -> None:
    """The view that model_load gets stays good after memory.grow moved the memory."""
    text = every_call().replace(
        '(func (export "_manifest")',
        '(func (export "grow") (result i32) (memory.grow (i32.const 1)))'
        '(func (export "_manifest")',
    )
    script = """
class Keeping(Host):
    def model_load(self, mime, model, inputs, outputs):
        self.model = model
        return 5
m = wasm3.Runtime(memory_bytes=100000).load(open(sys.argv[1], "rb").read())
host = Keeping()
c = rune.Container(m, host, rune.imports())
m.memory[100:200] = bytes(range(100))
print(m.find("rune_model_load")(65, 0, 100, 100, 0, 0, 0, 0), m.find("grow")())
gc.collect()
junk = [bytearray(1000) for _ in range(100)]
print(bytes(host.model) == bytes(range(100)), len(m.memory))
"""
    wasm = write_wasm(tmp_path, "guest", text)
    assert board(script, wasm, heap="2m") == ["5 1", "True 100000"]
