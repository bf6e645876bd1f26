"""Random models of one op from the families in op_functions.c and op_pairs.c, and SUB.

Generators as in nn_cases; those of comparisons and CAST also take "i32", "i16" and "bool".
"""

from collections.abc import Callable

import numpy as np

from runicd.model.schema import ELEMENTS
from runicd.model.write_tflite import Graph
from tests.native.nn_batch import Array, Case
from tests.native.nn_cases import Chance, finish, input_scale, pick_scale, pick_zero_point
from tests.native.nn_cases import pick_values as pick_numbers
from tests.native.nn_cases_elementwise import broadcast_from, pick_shape

Generator = Callable[[Chance, str], Case]
INTEGERS = {"i16": "<i2", "i32": "<i4"}
COMPARISONS = ("EQUAL", "NOT_EQUAL", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL")


def pick_values(chance: Chance, element: str, shape: tuple[int, ...]) -> Array:
    """Values of any element; integers over their whole range or close together."""
    if element == "bool":
        return chance.integers(0, 2, shape).astype("?")
    if element not in INTEGERS:
        return pick_numbers(chance, element, shape)
    ends = np.iinfo(INTEGERS[element])
    low, high = [(ends.min, ends.max), (-2, 2)][int(chance.integers(2))]
    return chance.integers(low, high, shape, endpoint=True).astype(INTEGERS[element])


def add_input(graph: Graph, chance: Chance, element: str, shape: tuple[int, ...]) -> int:
    """An input of any element, quantised at random when int8."""
    quant = (pick_scale(chance), pick_zero_point(chance)) if element == "i8" else ()
    return graph.input("x", element, shape, *quant)


def function(op: str, **options: float) -> Generator:
    """The generator of an op from one number to one; int8 is covered whole."""

    def generate(chance: Chance, element: str) -> Case:
        shape = (1, 256) if element == "i8" else pick_shape(chance, 1, 4)
        graph = Graph(op)
        x = add_input(graph, chance, element, shape)
        values = pick_values(chance, element, shape)
        if op in ("SQRT", "LOG", "RSQRT"):
            values = np.abs(values) + np.float32(1e-6)
        if element != "i8":
            return finish(graph, op, [x], values, None, dict(options))
        values = np.arange(-128, 128).astype("i1").reshape(shape)
        scale = input_scale(graph, x) * 10 ** chance.uniform(-1, 1)
        result = (float(np.float32(scale)), pick_zero_point(chance))
        return finish(graph, op, [x], values, result, dict(options))

    generate.__name__ = op.lower()
    return generate


def leaky_relu(chance: Chance, element: str) -> Case:
    """LEAKY_RELU with slopes from 0 to above 1."""
    alpha = float(chance.choice([0.0, 0.01, 0.2, 1.0, 1.7]))
    return function("LEAKY_RELU", alpha=alpha)(chance, element)


def hard_swish(chance: Chance, element: str) -> Case:
    """HARD_SWISH: also scales at which the gate is always shut or open."""
    if element != "i8":
        return function("HARD_SWISH")(chance, element)
    graph = Graph("HARD_SWISH")
    scale = float(np.float32(10 ** chance.uniform(-4, 1)))
    x = graph.input("x", "i8", (1, 256), scale, pick_zero_point(chance))
    values = np.arange(-128, 128).astype("i1").reshape(1, 256)
    made = float(np.float32(scale * 2 ** chance.uniform(-6, 20)))
    return finish(graph, "HARD_SWISH", [x], values, (made, pick_zero_point(chance)), {})


def rsqrt(chance: Chance, element: str) -> Case:
    """RSQRT; the reference stops at an int8 below the zero point, so none is given."""
    if element != "i8":
        return function("RSQRT")(chance, element)
    graph = Graph("RSQRT")
    zero_point = pick_zero_point(chance)
    scale = pick_scale(chance)
    x = graph.input("x", "i8", (1, 128 - zero_point), scale, zero_point)
    values = np.arange(zero_point, 128).astype("i1").reshape(1, -1)
    made = float(np.float32(10 ** chance.uniform(-3, 1) / scale**0.5))
    return finish(graph, "RSQRT", [x], values, (made, pick_zero_point(chance)), {})


def cast(chance: Chance, element: str) -> Case:
    """CAST to any type; float32 also far outside of integers, and NaN."""
    kinds = ["i8", "i16", "i32", "f32", "bool"]
    shape = pick_shape(chance)
    graph = Graph("CAST")
    x = graph.input("x", element, shape)
    values = pick_values(chance, element, shape)
    if element == "f32":
        values = values * np.float32(10 ** chance.integers(0, 12))
        values.flat[0] = chance.choice([np.nan, np.inf, -np.inf, 127.5, -128.5, 2**31])
    kind = str(chance.choice([one for one in kinds if one != element]))
    types = {"from_type": ELEMENTS.index(element), "to_type": ELEMENTS.index(kind)}
    graph.output(graph.op("CAST", [x], element=kind, **types))
    return Case(f"CAST {element} {kind} {shape}", graph.to_bytes(), (values,))


def pair(op: str) -> Generator:
    """The generator of an op on two inputs with broadcasting."""

    def generate(chance: Chance, element: str) -> Case:
        shape = pick_shape(chance, 1, 4)
        shapes = [shape, shape]
        if chance.integers(2):
            narrowed = 1 if op == "PRELU" else int(chance.integers(2))
            shapes[narrowed] = broadcast_from(chance, shape)
        graph = Graph(op)
        tensors = [add_input(graph, chance, element, one) for one in shapes]
        values = tuple(pick_values(chance, element, one) for one in shapes)
        result: tuple[float | None, int] = (None, 0)
        if element == "i8" and op == "PRELU":
            scale = input_scale(graph, tensors[0]) * 10 ** chance.uniform(-1, 1)
            result = (float(np.float32(scale)), pick_zero_point(chance))
        graph.output(graph.op(op, tensors, *result, shape=shape))
        return Case(f"{op} {shapes} {result}", graph.to_bytes(), values)

    generate.__name__ = op.lower()
    return generate


def comparison(chance: Chance, element: str) -> Case:
    """Any comparison of two inputs with broadcasting."""
    return pair(str(chance.choice(COMPARISONS)))(chance, element)


def close_comparison(chance: Chance, element: str) -> Case:
    """Any comparison of inputs that are often equal."""
    op = str(chance.choice(COMPARISONS if element != "bool" else COMPARISONS[:2]))
    shape = pick_shape(chance, 1, 3)
    graph = Graph(op)
    quant = (pick_scale(chance), pick_zero_point(chance)) if element == "i8" else ()
    tensors = [graph.input(name, element, shape, *quant) for name in "xy"]
    one = pick_values(chance, element, shape)
    other = np.where(chance.integers(0, 2, shape), one, pick_values(chance, element, shape))
    graph.output(graph.op(op, tensors))
    return Case(f"{op} {shape}", graph.to_bytes(), (one, other.astype(one.dtype)))


FLOAT_FUNCTIONS = tuple(function(op) for op in ("EXP", "LOG", "NEG", "SQRT"))
FUNCTIONS: tuple[Generator, ...] = (
    function("ABS"),
    function("ELU"),
    hard_swish,
    leaky_relu,
    rsqrt,
)
PAIRS = tuple(pair(op) for op in ("MAXIMUM", "MINIMUM", "PRELU"))
GENERATED: list[tuple[Generator, str]] = [
    *((generator, "f32") for generator in FLOAT_FUNCTIONS),
    *((generator, element) for generator in FUNCTIONS for element in ("i8", "f32")),
    *((generator, element) for generator in PAIRS for element in ("i8", "f32")),
    *((comparison, element) for element in ("i8", "f32", "i32")),
    *((close_comparison, element) for element in ("i8", "f32", "i32", "bool")),
    *((cast, element) for element in ("i8", "i16", "i32", "f32", "bool")),
]
