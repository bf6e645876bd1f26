"""nn.Model.predict: numbers or a tensor's own elements in, the same out; what it refuses."""

from pathlib import Path

import numpy as np
import pytest

from runicd.model.write_tflite import Graph
from tests.board import run_ok
from tests.host.model_samples import int8_network

SCALE, ZERO_POINT = 0.25, -3

PREFACE = """
import nn, sys, gc
from array import array
with open(sys.argv[1], "rb") as file:
    model = nn.Model(file.read())
nan, infinity = float("nan"), float("inf")
def error_of(*given):
    try:
        model.predict(*given)
    except Exception as error:
        return "%s: %s" % (type(error).__name__, error)
    return "none"
"""


def maximum(element: str, shape: tuple[int, ...] = (1, 2, 3)) -> bytes:
    """A model of one op that gives back what is above 0."""
    graph = Graph("maximum")
    quantisation = () if element == "f32" else (SCALE, ZERO_POINT)
    x = graph.input("x", element, shape, *quantisation)
    graph.output(graph.op("RELU", [x], *quantisation))
    return graph.to_bytes()


def copy() -> bytes:
    """A model that leaves its input as it was: nothing is written over what is only moved."""
    graph = Graph("copy")
    x = graph.input("x", "i8", (1, 2, 3), SCALE, ZERO_POINT)
    graph.output(graph.op("PAD", [x, graph.constant("none", np.zeros((3, 2), "i4"))]))
    return graph.to_bytes()


def two_by_two() -> bytes:
    """Two inputs, two outputs, of different types and shapes."""
    graph = Graph("pair")
    x = graph.input("first", "i8", (1, 2, 3), SCALE, ZERO_POINT)
    y = graph.input("second", "f32", (4,))
    graph.output(graph.op("DEQUANTIZE", [x]), graph.op("QUANTIZE", [y], 0.5, 1, element="i8"))
    return graph.to_bytes()


MODELS = {"copy": copy(), "int8": maximum("i8"), "float32": maximum("f32"), "pair": two_by_two()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("models")
    for name, model in MODELS.items():
        (made / name).write_bytes(model)
    return made


def board(script: str, path: Path) -> list[str]:
    return run_ok(PREFACE + script, path).splitlines()


NUMBERS = "0.25, -1, 2.5, 0, True, 100"
SHAPES = [
    f"[{NUMBERS}]",
    f"({NUMBERS})",
    "[[0.25, -1, 2.5], [0, True, 100]]",
    "[[[0.25, -1, 2.5], (0, True, 100)]]",
    "(([0.25, -1, 2.5], [0, True, 100]),)",
    "[[0.25, -1, 2.5], array('f', [0, 1, 100])]",
    "[[[0.25], [-1], [2.5]], [[0], [1], [100]]]",
    f"array('d', [{NUMBERS}])",
]


@pytest.mark.parametrize("name", ["int8", "float32"])
def test_numbers_in_every_form(name: str, folder: Path) -> None:
    script = f"for x in ({', '.join(SHAPES)}):\n    print(model.predict(x))"
    highest = (127 - ZERO_POINT) * SCALE if name == "int8" else 100.0
    assert board(script, folder / name) == [str([0.25, 0.0, 2.5, 0.0, 1.0, highest])] * len(SHAPES)


def test_other_integers_are_numbers(folder: Path) -> None:
    script = """
for typecode in "hHiIlLqQ":
    print(model.predict(array(typecode, [1, 2, 3, 4, 5, 200])))
"""
    assert board(script, folder / "int8") == ["[1.0, 2.0, 3.0, 4.0, 5.0, 32.5]"] * 8


OWN = [
    "array('b', values)",
    "bytes(v & 255 for v in values)",
    "bytearray(v & 255 for v in values)",
    "memoryview(array('b', values))",
    "[bytes([128, 252, 253]), array('b', values[3:])]",
]


@pytest.mark.parametrize("given", OWN)
def test_own_elements_are_left_as_they_are(given: str, folder: Path) -> None:
    script = f"""
values = [-128, -4, -3, 0, 5, 127]
y = model.predict({given})
print(type(y).__name__, list(y), list(model.input(0)) == values)
"""
    assert board(script, folder / "copy") == ["memoryview [-128, -4, -3, 0, 5, 127] True"]


def test_own_floats(folder: Path) -> None:
    script = """
y = model.predict(array("f", [1.5, -1, 2, 3, 4, 1e30]))
print(type(y).__name__, list(y)[:5])
print(list(model.predict(bytes(y)))[:5], list(model.predict(y))[:5])
"""
    values = "[1.5, 0.0, 2.0, 3.0, 4.0]"
    assert board(script, folder / "float32") == [f"memoryview {values}", f"{values} {values}"]


def test_rounding_is_that_of_quantize(folder: Path) -> None:
    # Halves go away from zero, before the zero point is added; what is too large saturates.
    script = """
x = [0.125, -0.125, 0.374, -0.375, infinity, -infinity]
model.predict(x)
print(list(model.input(0)))
"""
    assert board(script, folder / "copy") == [str([-2, -4, -2, -5, 127, -128])]


def test_agrees_with_the_ops_over_random_numbers(tmp_path: Path) -> None:
    graph = Graph("quantize")
    x = graph.input("x", "f32", (500,))
    q = graph.op("QUANTIZE", [x], 0.0123, 7, element="i8")
    graph.output(q, graph.op("DEQUANTIZE", [q]))
    (tmp_path / "quantize").write_bytes(graph.to_bytes())
    through = Graph("through")
    q = through.input("q", "i8", (500,), 0.0123, 7)
    through.output(through.op("RESHAPE", [q], 0.0123, 7, shape=(500,)))
    (tmp_path / "through").write_bytes(through.to_bytes())
    values = np.random.default_rng(3).normal(size=500).astype("f4")
    script = f"""
x = array("f", {values.tolist()})
quantised, real = model.predict(x)
with open({str(tmp_path / "through")!r}, "rb") as file:
    through = nn.Model(file.read())
print(through.predict(x) == list(real), list(through.output(0)) == list(quantised), len(set(real)))
"""
    same, raw, different = board(script, tmp_path / "quantize")[0].split()
    assert (same, raw) == ("True", "True")
    assert int(different) > 100


def test_several_inputs_and_outputs(folder: Path) -> None:
    script = """
print(model.predict(([[1, 2, 3], [4, 5, 6]], [0.5, 1, -1, 9.9])))
print(model.predict([array("b", range(6)), [0.5, 1, -1, 9.9]]))
first, second = model.predict((array("b", range(6)), array("f", [0.5, 1, -1, 9.9])))
print(list(first), list(second), type(second).__name__)
"""
    numbers = "([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [0.5, 1.0, -1.0, 10.0])"
    steps = "[0.75, 1.0, 1.25, 1.5, 1.75, 2.0]"
    assert board(script, folder / "pair") == [
        numbers,
        f"({steps}, [0.5, 1.0, -1.0, 10.0])",
        f"{steps} [2, 3, -1, 21] memoryview",
    ]


REFUSED = {
    "[1] * 5": "ValueError: input 0: 5 numbers given, 6 wanted",
    "[]": "ValueError: input 0: 0 numbers given, 6 wanted",
    "array('b', [1] * 7)": "ValueError: input 0: 7 numbers given, 6 wanted",
    "array('h', [1] * 7)": "ValueError: input 0: 7 numbers given, 6 wanted",
    "bytes(5)": "ValueError: input 0: 5 bytes given, 6 wanted",
    "[[1, 2], [3, 4], [5, 6]]": "ValueError: input 0: 3 rows given, 2 wanted",
    "[[1, 2, 3], [4, 5]]": "ValueError: input 0: 2 numbers given, 3 wanted",
    "[[[[1], [2]], 1, 2], [3, 4, 5]]": "ValueError: input 0: 2 rows given, 1 wanted",
    "[[1, 2, 3], 4]": "TypeError: input 0: a list, tuple or buffer of numbers is wanted, not int",
    "[1, 2, 3, [4, 5, 6]]": "ValueError: input 0: 4 numbers given, 6 wanted",
    "[1, 2, 3, 4, 5, [6]]": "TypeError: input 0: number 5 is of type list",
    "[0, 1, 2, '3', 4, 5]": "TypeError: input 0: number 3 is of type str",
    "[0, 1, 2, None, 4, 5]": "TypeError: input 0: number 3 is of type NoneType",
    "[0, 1, 2, 3, nan, 5]": "ValueError: input 0: number 4 is NaN",
    "array('f', [0, 1, 2, 3, nan, 5])": "ValueError: input 0: number 4 is NaN",
    "array('d', [0, 1, 2, 3, nan, 5])": "ValueError: input 0: number 4 is NaN",
    "'abcdef'": "TypeError: input 0: a list, tuple or buffer of numbers is wanted, not str",
    "None": "TypeError: input 0: a list, tuple or buffer of numbers is wanted, not NoneType",
    "7": "TypeError: input 0: a list, tuple or buffer of numbers is wanted, not int",
    "range(6)": "TypeError: input 0: a list, tuple or buffer of numbers is wanted, not range",
    "{1: 2}": "TypeError: input 0: a list, tuple or buffer of numbers is wanted, not dict",
    "array('O', [1] * 6)": "TypeError: input 0: a buffer of 'O' holds no numbers",
    "ring": "ValueError: input 0: is nested too deeply",
}


@pytest.mark.parametrize("name", ["int8", "float32"])
def test_refused(name: str, folder: Path) -> None:
    lines = [f"print(error_of({given}))" for given in REFUSED]
    printed = board("\n".join(["ring = []", "ring.append(ring)", *lines]), folder / name)
    changed = {}
    if name == "float32":
        changed["array('b', [1] * 7)"] = "ValueError: input 0: 7 numbers given, 6 wanted"
        changed["bytes(5)"] = "ValueError: input 0: 5 bytes given, 24 wanted"
    assert dict(zip(REFUSED, printed, strict=True)) == {**REFUSED, **changed}


def test_several_inputs_refused(folder: Path) -> None:
    script = """
print(error_of(bytes(6)))
print(error_of([bytes(6)]))
print(error_of((bytes(6), bytes(16), 1)))
print(error_of((bytes(6), bytes(15))))
print(error_of())
"""
    assert board(script, folder / "pair") == [
        "TypeError: a tuple of 2 inputs is wanted, not bytes",
        "ValueError: 1 inputs given, 2 wanted",
        "ValueError: 3 inputs given, 2 wanted",
        "ValueError: input 1: 15 bytes given, 16 wanted",
        "TypeError: function takes 2 positional arguments but 1 were given",
    ]


def test_a_class_of_numbers_runs_no_code(folder: Path) -> None:
    # Its __float__ could close the model that is being written to.
    script = """
class Number:
    def __float__(self):
        model.close()
        return 1.0
print(error_of([Number()] * 6))
print(model.predict([0] * 6))
model.close()
print(error_of([0] * 6))
"""
    assert board(script, folder / "int8") == [
        "TypeError: input 0: number 0 is of type Number",
        str([0.0] * 6),
        "ValueError: the Model is closed",
    ]


def test_own_elements_allocate_only_the_view(folder: Path) -> None:
    script = """
x = array("b", range(6))
gc.collect()
gc.disable()
before = gc.mem_alloc()
for _ in range(10):
    model.predict(x)
print((gc.mem_alloc() - before) // 10)
"""
    assert int(board(script, folder / "int8")[0]) <= 64


def test_predict_is_timed_as_invoke_is(tmp_path: Path) -> None:
    (tmp_path / "network").write_bytes(int8_network())
    script = """
model.profile(True)
for _ in range(50):
    model.predict(bytes(len(model.input(0))))
model.invoke()
profile = model.profile(False)
print(len(profile), profile[0].name, profile[0].calls, sorted(dir(profile[0]))[-3:])
print(profile == list(profile), profile == profile[:2], profile == 7)
print(profile)
"""
    first, second, head, *rows, last = board(script, tmp_path / "network")
    assert first.startswith("4 CONV_2D 51 ")
    assert second == "True False False"
    assert head.split() == ["op", "name", "calls", "total", "us", "us", "a", "call", "%"]
    assert [row.split()[:3] for row in rows[:2]] == [["0", "CONV_2D", "51"], ["1", "MEAN", "51"]]
    assert len(rows) == 4
    assert last.split()[:2] == ["all", "51"]
    total_us = sum(int(row.split()[3]) for row in rows)
    assert int(last.split()[2]) == total_us
    assert len({len(row) for row in [head, *rows, last]}) == 1
