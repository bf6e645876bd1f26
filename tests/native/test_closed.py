"""Objects that were closed: their memory is free at once, and whatever uses them is refused."""

from pathlib import Path

from tests.native.rune_board import OWN_IMPORTS, OWN_RUNE, board
from tests.native.rune_models import write_doubler
from tests.native.wasm_sources import write_wasm

GROWTH = """
def freed_by(function):
    # No collection in between: only what is freed at once counts.
    gc.collect()
    gc.disable()
    before = gc.mem_free()
    function()
    after = gc.mem_free()
    gc.enable()
    return after - before
"""

PIPELINE = """
import dsp, nn
model = nn.Model(open(sys.argv[1], "rb").read())
block = dsp.Block("normalize", {}, (("f32", (1, 4)),), (("f32", (1, 4)),))
ring = rune.Ring(1000)
rows = [("f32", (1, 4), 16, offset) for offset in (0, 16, None)]
p = rune.Pipeline(rows, 8000)
p.add_capability(Bytes(bytes(16)), 0)
p.add_block(block, (0,), (1,))
p.add_model(model, (1,), (2,))
p.add_output(1, 3, ring, (2,))
p.run(0, 4)
"""


def test_a_closed_pipeline_gives_its_arena_back_and_empties_its_views(tmp_path: Path) -> None:
    script = """
view = p.tensor(0)
part = memoryview(view)[4:8]
print(freed_by(p.close) >= 8000, len(view), len(part), freed_by(p.close) < 200)
"""
    lines = board(GROWTH + PIPELINE + script, write_doubler(tmp_path))
    assert lines == ["True 0 0 True"]


def test_a_closed_pipeline_refuses_everything(tmp_path: Path) -> None:
    script = """
p.close()
print(error(p.run, 0, 0), error(p.run, 0, 1))
for function, arguments in (
    (p.tensor, (0,)), (p.reset, ()), (p.replay, (None,)), (lambda: p.ticks, ()),
    (p.add_capability, (Bytes(b""), 0)), (p.add_block, (block, (0,), (1,))),
    (p.add_model, (model, (1,), (2,))), (p.add_output, (1, 3, ring, (2,))),
    (rune.native_loop, (p, 1)),
):
    print(error(function, *arguments))
"""
    said = "ValueError: the Pipeline is closed"
    lines = board(PIPELINE + script, write_doubler(tmp_path))
    assert lines == [f"{said} {said}", *[said] * 9]


def test_what_a_pipeline_uses_is_closed_only_after_it(tmp_path: Path) -> None:
    script = """
for used in (model, block, ring):
    print(error(used.close))
p.close()
for used in (model, block, ring):
    print(error(used.close), error(used.close))
print(error(model.invoke), error(model.input, 0), error(lambda: model.inputs))
print(error(block.run, (bytes(16),), (bytearray(16),)), error(block.reset))
print(error(ring.read_into, bytearray(99)), error(lambda: ring.next_bytes))
q = rune.Pipeline((("f32", (1, 4), 16, 0), ("f32", (1, 4), 16, 16)), 32)
print(error(q.add_model, model, (0,), (1,)))
print(error(q.add_block, block, (0,), (1,)))
print(error(q.add_output, 1, 3, ring, (0,)))
"""
    names = ("Model", "Block", "Ring")
    model, block, ring = (f"ValueError: the {name} is closed" for name in names)
    assert board(PIPELINE + script, write_doubler(tmp_path)) == [
        "ValueError: a pipeline or a container uses this Model",
        "ValueError: a pipeline uses this Block",
        "ValueError: a pipeline or a container uses this Ring",
        *["no error no error"] * 3,
        f"{model} {model} {model}",
        f"{block} {block}",
        f"{ring} {ring}",
        model,
        block,
        ring,
    ]


def test_a_closed_model_gives_its_memory_back_and_empties_its_views(tmp_path: Path) -> None:
    script = """
import nn
model = nn.Model(open(sys.argv[1], "rb").read())
view = model.input(0)
wanted = model.arena_bytes + model.table_bytes
print(freed_by(model.close) >= wanted, len(view))
"""
    assert board(GROWTH + script, write_doubler(tmp_path, 500)) == ["True 0"]


def test_a_pipeline_whose_arena_a_model_lives_in_leaves_it_that_arena(tmp_path: Path) -> None:
    script = """
import nn
file = open(sys.argv[1], "rb").read()
bytes_ = nn.arena_size(file)
p = rune.Pipeline((("u8", (bytes_,), bytes_, 0),), bytes_)
p.add_capability(Bytes(bytes(bytes_)), 0)
p.run(0, 1)
model = nn.Model(file, p.tensor(0))
p.close()
gc.collect()
filler = [bytearray(b"\\xff" * 64) for _ in range(200)]
model.input(0)[:] = model.input(0)
model.invoke()
print(any([number for piece in filler for number in piece if number != 255]))
"""
    assert board(script, write_doubler(tmp_path)) == ["False"]


def test_a_driver_cannot_close_the_pipeline_that_it_fills() -> None:
    script = """
class Closer:
    def readinto(self, buffer):
        print(error(p.close))
        return len(buffer)
p = rune.Pipeline((("u8", (16,), 16, 0),), 16)
p.add_capability(Closer(), 0)
p.run(0, 1)
rune.native_loop(p, 1)
class Failing:
    def readinto(self, buffer):
        raise OSError(5)
q = rune.Pipeline((("u8", (16,), 16, 0),), 16)
q.add_capability(Failing(), 0)
print(error(q.run, 0, 1), error(q.close), error(p.close))
"""
    runs = "ValueError: the Pipeline runs"
    assert board(script) == [runs, runs, "OSError: [Errno 5] EIO no error no error"]


def test_a_driver_cannot_close_what_a_container_runs(tmp_path: Path) -> None:
    script = f"""
class Closer:
    def readinto(self, buffer):
        for what in (p, c, runtime, ring):
            print(error(what.close))
        return len(buffer)
ring = rune.Ring(500)
p = rune.Pipeline((("u8", (4,), 4, 0),), 16)
p.add_capability(Closer(), 0)
p.add_output(1, 3, ring, (0,))
runtime = wasm3.Runtime(memory_bytes=64)
c = rune.Container(runtime.load(open(sys.argv[1], "rb").read()), Host(), {OWN_IMPORTS})
c.pipeline = p
c.manifest()
c.call()
for what in (runtime, c, p, ring):
    print(error(what.close))
print(error(c.call), error(c.manifest), error(setattr, c, "pipeline", p))
"""
    closed = "ValueError: the Container is closed"
    assert board(script, write_wasm(tmp_path, "own", OWN_RUNE)) == [
        "ValueError: the Pipeline runs",
        "ValueError: a call is running in this Container",
        "Error: a call is running in this Runtime",
        "ValueError: a pipeline or a container uses this Ring",
        *["no error"] * 4,
        f"{closed} {closed} {closed}",
    ]


def test_a_closed_runtime_gives_linear_memory_back_though_there_are_views(tmp_path: Path) -> None:
    text = '(module (memory (export "memory") 1) (func (export "f")))'
    script = """
runtime = wasm3.Runtime()
module = runtime.load(open(sys.argv[1], "rb").read())
view = module.memory
print(freed_by(runtime.close) >= 65536, len(view))
"""
    assert board(GROWTH + script, write_wasm(tmp_path, "memory", text)) == ["True 0"]


def test_models_and_rings_of_an_original_rune_are_held(tmp_path: Path) -> None:
    script = f"""
import nn
model = nn.Model(open(sys.argv[2], "rb").read())
ring = rune.Ring(500)
runtime = wasm3.Runtime(memory_bytes=64)
c = rune.Container(runtime.load(open(sys.argv[1], "rb").read()), Host(), {OWN_IMPORTS})
c.bind_model(1, model)
c.bind_output(2, 1, ring)
print(error(model.close), error(ring.close))
c.close()
print(error(model.close), error(ring.close))
"""
    lines = board(script, write_wasm(tmp_path, "own", OWN_RUNE), write_doubler(tmp_path))
    held = "ValueError: a pipeline or a container uses this"
    assert lines == [f"{held} Model {held} Ring", "no error no error"]
