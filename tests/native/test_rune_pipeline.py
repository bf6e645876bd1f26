"""rune.Pipeline: tensors and their memory, stages of every kind, errors, timing, replay."""

import json
from pathlib import Path

import pytest

from tests.native.rune_board import board
from tests.native.rune_models import f32, write_doubler, write_two_by_two

DOUBLER = """
import nn
model = open(sys.argv[1], "rb").read()
ring = rune.Ring(1000)
"""


def test_a_capability_fills_its_tensor() -> None:
    script = """
p = rune.Pipeline((("u8", (6,), 6, 16), ("u32", (2,), 8, 0)), 32)
p.add_capability(Bytes(b"abcdef"), 0)
p.add_capability(rune.Random(5), 1)
p.run(0, 2)
print(bytes(p.tensor(0)), any(p.tensor(1)))
first = bytes(p.tensor(1))
p.run(0, 2)
print(bytes(p.tensor(1)) != first)
q = rune.Pipeline((("u32", (2,), 8, 0),), 16)
q.add_capability(rune.Random(5), 0)
q.run(0, 1)
print(bytes(q.tensor(0)) == first, rune.Random(5).read(8) == first)
"""
    assert board(script) == ["b'abcdef' True", "True", "True True"]


def test_a_capability_must_fill_its_tensor() -> None:
    script = """
class Driver:
    answer = 0
    def readinto(self, buffer):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer
p = rune.Pipeline((("u8", (6,), 6, 0),), 16)
p.add_capability(Driver(), 0)
for Driver.answer in (5, 0, None, -1, "x", OSError(5), 7, 6):
    print(error(p.run, 0, 1))
print(error(p.add_capability, object(), 0))
"""
    short = "StageError: (0, 'the capability gave fewer bytes than its tensor has')"
    lines = board(script)
    assert lines[:5] == [short] * 5
    assert lines[5:8] == ["OSError: [Errno 5] EIO", "no error", "no error"]
    assert lines[8].startswith("TypeError")


def test_a_file_is_read_through_its_c_stream(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"0123456789")
    script = """
p = rune.Pipeline((("u8", (4,), 4, 0),), 16)
p.add_capability(open(sys.argv[1], "rb"), 0)
for _ in range(3):
    print(error(p.run, 0, 1), bytes(p.tensor(0)))
"""
    lines = board(script, tmp_path / "data")
    assert lines[:2] == ["no error b'0123'", "no error b'4567'"]
    assert lines[2].startswith("StageError: (0, 'the capability gave fewer bytes")


def test_a_block_runs_between_tensors() -> None:
    script = """
import dsp
p = rune.Pipeline((("u8", (4,), 4, 0), ("u8", (4,), 4, 16)), 32)
p.add_capability(Bytes(bytes((5, 13, 20, 255))), 0)
block = dsp.Block("modulo", {"modulus": 10}, (("u8", (4,)),), (("u8", (4,)),))
p.add_block(block, (0,), (1,))
p.run(0, 2)
p.reset()
print(list(p.tensor(1)))
"""
    assert board(script) == ["[5, 3, 0, 5]"]


def test_a_block_with_other_tensors_is_refused() -> None:
    script = """
import dsp
block = dsp.Block("modulo", {"modulus": 10}, (("u8", (4,)),), (("u8", (4,)),))
p = rune.Pipeline((("u8", (5,), 5, 0), ("u8", (4,), 4, 16)), 32)
print(error(p.add_block, block, (0,), (1,)))
print(error(p.add_block, block, (1,), ()))
print(error(p.add_block, p, (1,), (0,)))
print(error(p.run, 0, 1))
"""
    lines = board(script)
    assert [line.split(":")[0] for line in lines] == [
        "ValueError",
        "ValueError",
        "TypeError",
        "ValueError",
    ]


def test_a_model_lends_its_buffers_to_tensors_without_offset(tmp_path: Path) -> None:
    content = f32(1, 2, 3, 4)
    script = f"""
m = nn.Model(model)
p = rune.Pipeline((("f32", (1, 4), 16, -1), ("f32", (1, 4), 16, None)), 0)
p.add_capability(Bytes({content!r}), 0)
p.add_model(m, (0,), (1,))
p.add_output(1, 3, ring, (1,))
p.run(0, 3)
records(ring)
print(bytes(p.tensor(0)) == bytes(m.input(0)), bytes(p.tensor(1)) == bytes(m.output(0)))
del m
gc.collect()
p.run(0, 3)
records(ring)
"""
    lines = board(DOUBLER + script, write_doubler(tmp_path))
    assert json.loads(lines[0][6:])["elements"] == [2, 4, 6, 8]
    assert lines[1] == "True True"
    assert lines[2][6:] == lines[0][6:]


def test_tensors_with_an_offset_are_copied(tmp_path: Path) -> None:
    content = f32(1, 2, 3, 4)
    script = f"""
p = rune.Pipeline((("f32", (1, 4), 16, 0), ("f32", (1, 4), 16, 16), ("f32", (1, 4), 16, -1)), 32)
p.add_capability(Bytes({content!r}), 0)
p.add_model(nn.Model(model), (0,), (1,))
p.add_model(nn.Model(model), (1,), (2,))
p.add_output(1, 3, ring, (0, 1, 2))
p.run(0, 4)
records(ring)
"""
    rows = json.loads(board(DOUBLER + script, write_doubler(tmp_path))[0][6:])
    assert [row["elements"] for row in rows] == [[1, 2, 3, 4], [2, 4, 6, 8], [4, 8, 12, 16]]


def test_a_model_reads_another_models_output(tmp_path: Path) -> None:
    content = f32(1, 2, 3, 4)
    script = f"""
p = rune.Pipeline((("f32", (1, 4), 16, -1), ("f32", (1, 4), 16, -1), ("f32", (1, 4), 16, -1)), 0)
p.add_capability(Bytes({content!r}), 0)
p.add_model(nn.Model(model), (0,), (1,))
p.add_model(nn.Model(model), (1,), (2,))
p.add_output(1, 3, ring, (2,))
p.run(0, 4)
records(ring)
"""
    row = json.loads(board(DOUBLER + script, write_doubler(tmp_path))[0][6:])
    assert row["elements"] == [4, 8, 12, 16]


def test_a_model_with_several_inputs_and_outputs(tmp_path: Path) -> None:
    a, b = f32(1, 2), f32(10, 20)
    script = f"""
p = rune.Pipeline(tuple(("f32", (1, 2), 8, -1) for _ in range(4)), 0)
p.add_capability(Bytes({a!r}), 0)
p.add_capability(Bytes({b!r}), 1)
p.add_model(nn.Model(model), (0, 1), (2, 3))
p.add_output(1, 3, ring, (2, 3))
p.run(0, 4)
records(ring)
"""
    rows = json.loads(board(DOUBLER + script, write_two_by_two(tmp_path))[0][6:])
    assert [row["elements"] for row in rows] == [[11, 22], [10, 40]]


@pytest.mark.parametrize(
    ("tensors", "inputs", "outputs"),
    [
        ('("f32", (1, 4), 16, -1), ("i32", (1, 4), 16, -1)', "(0,)", "(1,)"),
        ('("f32", (1, 4), 16, -1), ("f32", (4, 1), 16, -1)', "(0,)", "(1,)"),
        ('("f32", (4,), 16, -1), ("f32", (1, 4), 16, -1)', "(0,)", "(1,)"),
        ('("f32", (1, 3), 12, -1), ("f32", (1, 4), 16, -1)', "(0,)", "(1,)"),
        ('("f32", (1, 4), 16, -1), ("f32", (1, 4), 16, -1)', "(0, 0)", "(1,)"),
        ('("f32", (1, 4), 16, -1), ("f32", (1, 4), 16, -1)', "(0,)", "()"),
    ],
)
def test_a_model_whose_tensors_differ_is_refused(
    tmp_path: Path, tensors: str, inputs: str, outputs: str
) -> None:
    script = f"""
p = rune.Pipeline(({tensors}), 0)
print(error(p.add_model, nn.Model(model), {inputs}, {outputs}))
"""
    assert board(DOUBLER + script, write_doubler(tmp_path))[0].startswith("ValueError: the model")


def test_memory_that_nobody_gives_and_shared_inputs_are_refused(tmp_path: Path) -> None:
    script = """
p = rune.Pipeline((("f32", (1, 4), 16, -1), ("f32", (1, 4), 16, -1)), 0)
p.add_output(1, 3, ring, (0,))
print(error(p.run, 0, 1))
print(error(p.tensor, 0))
p.add_model(nn.Model(model), (0,), (1,))
print(error(p.run, 0, 1))
"""
    lines = board(DOUBLER + script, write_doubler(tmp_path))
    assert lines == [
        "ValueError: no model gives a tensor without an offset its memory",
        "ValueError: no model gives this tensor its memory",
        "ValueError: a tensor that is a model's input has another reader",
    ]


@pytest.mark.parametrize(
    "tensors",
    [
        '(("u8", (4,), 4, 8),)',
        '(("u8", (4,), 4, 32),)',
        '(("u8", (4,), 4, -16),)',
        '(("u8", (4,), 5, 0),)',
        '(("u8", (33,), 33, 0),)',
        '(("u8", (65536, 65536), 0, 0),)',
        '(("u8", (1, 1, 1, 1, 1, 1, 1), 1, 0),)',
        '(("utf8", (5,), 4, 0),)',
        '(("str", (4,), 4, 0),)',
        '(("u8", (-4,), 4, 0),)',
        '(("u8", (4,), 4),)',
        "5",
        '(("u8", (4,), 4, 0),) * 65',
    ],
)
def test_tensors_that_cannot_be_are_refused(tensors: str) -> None:
    kind = board(f"print(error(rune.Pipeline, {tensors}, 32))")[0].split(":")[0]
    assert kind in ("ValueError", "TypeError")


def test_stages_out_of_range_and_lost_indices_are_refused() -> None:
    script = """
p = rune.Pipeline((("u8", (4,), 4, 0),), 16)
p.add_capability(Bytes(b"abcd"), 0)
print(error(p.run, 0, 2), error(p.run, 2, 0), error(p.run, 1, -1), error(p.run, 0x7fffffff, 1))
print(error(p.tensor, 1), error(p.tensor, -1))
print(error(p.add_capability, Bytes(b""), 1), error(p.add_capability, Bytes(b""), 0))
print(error(p.add_output, 2, 3, rune.Ring(99), (0,)))
print(error(p.add_output, 1, 256, rune.Ring(99), (0,)))
print(error(p.add_output, 1, 3, p, (0,)))
print(error(p.add_output, 1, 3, rune.Ring(99), (0,) * 9))
print(error(p.run, 0, 1), error(p.run, 1, 0))
"""
    lines = board(script)
    assert lines[0].count("ValueError") == 4
    assert lines[1].count("IndexError") == 2
    assert "IndexError" in lines[2] and "two stages write the same tensor" in lines[2]
    assert [line.split(":")[0] for line in lines[3:7]] == [
        "ValueError",
        "ValueError",
        "TypeError",
        "ValueError",
    ]
    assert lines[7] == "no error no error"


def test_time_is_counted_per_stage_when_asked() -> None:
    script = """
import time
class Slow(Bytes):
    def readinto(self, buffer):
        time.sleep_ms(3)
        return len(buffer)
p = rune.Pipeline((("u8", (4,), 4, 0),), 16)
p.add_capability(Slow(b""), 0)
p.add_output(1, 3, rune.Ring(1000), (0,))
p.run(0, 2)
print(p.timing, list(p.ticks))
p.timing = True
for _ in range(4):
    p.run(0, 2)
calls, total, longest, last = p.ticks[:4]
print(calls, 8000 <= total < 400000, 2000 <= last <= longest, p.ticks[4])
p.timing = False
p.run(0, 2)
print(p.ticks[0])
"""
    assert board(script) == ["False [0, 0, 0, 0, 0, 0, 0, 0]", "4 True True 4", "4"]


def test_replay_stands_in_for_capabilities_and_mutes_outputs() -> None:
    script = """
ring = rune.Ring(500)
p = rune.Pipeline((("u8", (4,), 4, 0), ("u8", (2,), 2, 16)), 32)
p.add_capability(Bytes(b"abcd"), 0)
p.add_capability(Bytes(b"ef"), 1)
p.add_output(1, 3, ring, (0, 1))
p.replay((b"1234", bytearray(b"56")))
p.run(0, 3)
print(bytes(p.tensor(0)), bytes(p.tensor(1)), ring.next_bytes)
p.replay((b"123", b"56"))
print(error(p.run, 0, 3))
print(error(p.replay, (b"1234",)))
p.replay(None)
p.run(0, 3)
print(bytes(p.tensor(0)), ring.next_bytes > 0)
"""
    assert board(script) == [
        "b'1234' b'56' 0",
        "StageError: (0, 'the replayed input has another size than the tensor')",
        "ValueError: replay wants one buffer per capability",
        "b'abcd' True",
    ]


def test_views_outlive_their_pipeline(tmp_path: Path) -> None:
    script = """
def view(value):
    p = rune.Pipeline((("u8", (4,), 4, 16),), 32)
    p.tensor(0)[:] = bytes((value,) * 4)
    return p.tensor(0)
views = [view(value) for value in range(50)]
gc.collect()
blocks = [bytearray(32) for _ in range(500)]
print(all(bytes(v) == bytes((value,) * 4) for value, v in enumerate(views)))
"""
    assert board(script) == ["True"]


def test_short_runs_are_timed_by_samples() -> None:
    script = """
p = rune.Pipeline((("u8", (4,), 4, 0),), 16)
p.add_capability(rune.Random(1), 0)
p.timing = True
for _ in range(31 * 5):
    p.run(0, 1)
print(5 <= p.ticks[0] < 31 * 5)
p.timing = True
calls = p.ticks[0]
p.run(0, 1)
print(p.ticks[0] - calls)
"""
    # More than 5, if the machine interrupts one: it is long then, and the next is timed too.
    assert board(script) == ["True", "1"]
