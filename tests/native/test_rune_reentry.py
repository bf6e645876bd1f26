"""What drivers may do while they are read: call back, close, add, keep the buffer for later."""

from pathlib import Path

from tests.native.rune_board import OWN_IMPORTS, OWN_RUNE, board
from tests.native.rune_models import write_doubler
from tests.native.wasm_sources import write_wasm

READER = """
(module
  (import "env" "request_provider_response" (func $read (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_manifest") (result i32) i32.const 1)
  (func (export "grow") (result i32) (memory.grow (i32.const 1)))
  (func (export "_call") (param i32 i32 i32) (result i32)
    (i32.sub (call $read (i32.const 16) (i32.const 8) (i32.const 1)) (i32.const 8)))
)
"""

# A native stream whose bytes come from Python.
STREAM = """
import io, deflate
class Stream(io.IOBase):
    data = bytes((1, 8, 0, 0xf7, 0xff)) + b"deflated"
    def __init__(self, action):
        self.action, self.at = action, 0
    def readinto(self, buffer):
        if self.at == 5:
            self.action()
        buffer[0] = self.data[self.at]
        self.at += 1
        return 1
def driver(action):
    return deflate.DeflateIO(Stream(action), deflate.RAW)
"""


def test_a_capability_added_during_a_replay_is_refused() -> None:
    script = """
p = rune.Pipeline((("u8", (8,), 8, 0), ("u8", (8,), 8, 16)), 32)
p.add_capability(Bytes(bytes(8)), 0)
p.replay([bytes(8)])
print(error(p.add_capability, Bytes(b"abcdefgh"), 1))
p.replay(None)
p.add_capability(Bytes(b"abcdefgh"), 1)
p.run(0, 2)
print(bytes(p.tensor(1)))
"""
    assert board(script) == ["ValueError: a replay is going on", "b'abcdefgh'"]


def test_a_tensor_may_be_replayed_into_itself() -> None:
    script = """
p = rune.Pipeline((("u8", (8,), 8, 0),), 16)
p.add_capability(Bytes(b"abcdefgh"), 0)
p.run(0, 1)
p.replay([p.tensor(0)])
p.run(0, 1)
print(bytes(p.tensor(0)))
"""
    assert board(script) == ["b'abcdefgh'"]


def test_a_buffer_that_a_driver_keeps_outlives_the_pipeline() -> None:
    script = """
class Keeper(Bytes):
    def readinto(self, buffer):
        self.kept = buffer
        return super().readinto(buffer)
driver = Keeper(b"abcdefgh")
def use():
    p = rune.Pipeline((("u8", (8,), 8, 16),), 32)
    p.add_capability(driver, 0)
    p.run(0, 1)
use()
for _ in range(3):
    gc.collect()
    filler = [bytearray(b"x" * size) for size in range(16, 400, 8)]
print(bytes(driver.kept))
"""
    assert board(script) == ["b'abcdefgh'"]


def test_a_kept_buffer_of_a_model_outlives_the_model(tmp_path: Path) -> None:
    script = """
import nn
class Keeper(Bytes):
    def readinto(self, buffer):
        self.kept = buffer
        return super().readinto(buffer)
driver = Keeper(bytes(range(16)))
def use():
    p = rune.Pipeline((("f32", (1, 4), 16, None), ("f32", (1, 4), 16, 0)), 16)
    p.add_capability(driver, 0)
    p.add_model(nn.Model(open(sys.argv[1], "rb").read()), (0,), (1,))
    p.run(0, 1)
use()
for _ in range(3):
    gc.collect()
    filler = [bytearray(b"x" * size) for size in range(16, 400, 8)]
print(len(driver.kept), driver.kept[3], bytes(driver.kept) == bytes(range(16)))
"""
    assert board(script, write_doubler(tmp_path)) == ["16 3 True"]


def test_a_driver_may_run_its_own_pipeline_and_add_stages() -> None:
    script = """
class Nosy(Bytes):
    depth = 0
    def readinto(self, buffer):
        if self.depth < 3:
            self.depth += 1
            for _ in range(20):
                p.add_output(1, 3, ring, (0,))
            gc.collect()
            p.run(0, 1)
        return super().readinto(buffer)
ring = rune.Ring(64)
p = rune.Pipeline((("u8", (8,), 8, 0),), 16)
p.timing = True
p.add_capability(Nosy(b"abcdefgh"), 0)
p.run(0, 1)
print(bytes(p.tensor(0)), error(p.run, 0, 61))
"""
    assert board(script) == ["b'abcdefgh' StageError: (1, 'the output is larger than its ring')"]


def test_stages_that_a_stream_adds_while_it_is_read_do_no_harm() -> None:
    script = """
def act():
    for _ in range(20):
        p.add_output(1, 3, rune.Ring(64), (0,))
    gc.collect()
    filler = [bytearray(b"x" * size) for size in range(16, 2000, 16)]
p = rune.Pipeline((("u8", (8,), 8, 0),), 16)
p.add_capability(driver(act), 0)
p.run(0, 1)
print(bytes(p.tensor(0)))
"""
    assert board(STREAM + script, heap="1m") == ["b'deflated'"]


def test_a_failed_add_leaves_the_pipeline_as_it_was() -> None:
    script = """
import dsp
def block():
    return dsp.Block("modulo", {"modulus": 10}, (("u8", (4,)),), (("u8", (4,)),))
p = rune.Pipeline((("u8", (4,), 4, 0), ("u8", (4,), 4, 16), ("u16", (4,), 8, 32)), 48)
for _ in range(300):
    assert "other tensors" in error(p.add_block, block(), (2,), (1,))
p.add_capability(Bytes(bytes(4)), 0)
print(error(p.add_block, block(), (0,), (1,)))
print(error(p.add_block, block(), (0,), (1,)))
print(error(p.add_block, block(), (0,), (2, 2)))
p.run(0, 2)
"""
    assert board(script) == [
        "no error",
        "ValueError: two stages write the same tensor",
        "ValueError: two stages write the same tensor",
    ]


def test_a_driver_cannot_close_the_rune_that_reads_it(tmp_path: Path) -> None:
    script = f"""
class Closer(Bytes):
    def readinto(self, buffer):
        runtime.close()
runtime = wasm3.Runtime(memory_bytes=256)
host = Host()
c = rune.Container(runtime.load(open(sys.argv[1], "rb").read()), host, {OWN_IMPORTS!r})
p = rune.Pipeline((("u8", (8,), 8, 0),), 16)
p.add_capability(Closer(b""), 0)
c.pipeline = p
c.manifest()
print(error(c.call))
print(error(runtime.close), error(c.call))
"""
    assert board(script, write_wasm(tmp_path, "own", OWN_RUNE))[-1] == (
        "no error Error: the Runtime is closed"
    )


def test_a_driver_may_call_the_rune_that_reads_it(tmp_path: Path) -> None:
    script = f"""
class Nosy(Bytes):
    depth = 0
    def readinto(self, buffer):
        self.depth += 1
        if self.depth < 5:
            c.call()
        return super().readinto(buffer)
c = rune.Container(
    wasm3.Runtime(memory_bytes=256).load(open(sys.argv[1], "rb").read()), Host(), {OWN_IMPORTS!r}
)
p = rune.Pipeline((("u8", (8,), 8, 0),), 16)
p.add_capability(Nosy(b"abcdefgh"), 0)
p.add_output(1, 3, rune.Ring(500), (0,))
c.pipeline = p
c.manifest()
c.call()
print(bytes(p.tensor(0)), c.calls)
"""
    assert board(script, write_wasm(tmp_path, "own", OWN_RUNE)) == ["b'abcdefgh' 5"]


def test_memory_that_a_stream_is_filling_cannot_move(tmp_path: Path) -> None:
    script = """
def act():
    global said
    said = error(module.find("grow"))
module = wasm3.Runtime().load(open(sys.argv[1], "rb").read())
c = rune.Container(module, Host(), ("env.request_provider_response",))
c.bind_capability(1, driver(act))
c.call()
print(said, bytes(module.memory[16:24]))
print(module.find("grow")(), error(c.call))
class Broken(io.IOBase):
    def readinto(self, buffer):
        raise OSError(5)
c = rune.Container(wasm3.Runtime().load(open(sys.argv[1], "rb").read()), Host(),
    ("env.request_provider_response",))
c.bind_capability(1, deflate.DeflateIO(Broken(), deflate.RAW))
print(error(c.call), error(c.call))
"""
    lines = board(STREAM + script, write_wasm(tmp_path, "reader", READER), heap="1m")
    assert lines[0] == "Error: a stream is filling this Runtime's memory b'deflated'"
    assert lines[1].startswith("1 GuestError: request_provider_response: the capability gave")
    assert "filling" not in lines[2]


def test_ids_are_integers_and_nothing_else(tmp_path: Path) -> None:
    script = """
class Evil:
    def __int__(self):
        c.bind_capability(1, rune.Random(1))
        return 2
c = rune.Container(wasm3.Runtime(memory_bytes=256).load(open(sys.argv[1], "rb").read()), Host(),
    ("env.request_provider_response",))
print(error(c.bind_capability, Evil(), rune.Random(1)))
print(error(c.bind_output, Evil(), 1, rune.Ring(100)))
print(error(rune.Pipeline, (("u8", (Evil(),), 8, 0),), 16))
"""
    lines = board(script, write_wasm(tmp_path, "reader", READER))
    assert lines == ["TypeError: an integer is wanted"] * 3
