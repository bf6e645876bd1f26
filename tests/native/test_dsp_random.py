"""Whatever block is asked for with whatever tensors: it is made and runs, or says why not."""

import pytest

from tests.board import run_ok

SCRIPT = """
import dsp, random, sys
random.seed(int(sys.argv[1]))
TYPES = ("u8", "i8", "u16", "i16", "u32", "i32", "f32", "u64", "i64", "f64", "utf8")
SIZES = (1, 1, 2, 2, 4, 4, 4, 8, 8, 8, 0)
NUMBERS = (-1, 0, 1, 2, 3, 16, 784, 2048, 1 << 31, 0.0, 0.5, 0.999, 1e-30, 3e38)
NUMBERS += (float("inf"), float("nan"))
TEXTS = ("", "a", "a" + chr(10) + "b", "x" * 100, chr(10) * 9, chr(0), "q15", "q15")
choice, below = random.choice, random.randrange
# What each block would accept; dims of None are the input's.
LIKELY = {
    "argmax": ("f32", "u32", (1,)),
    "audio_float_conversion": ("i16", "f32", None),
    "binary_classification": ("f32", "u32", None),
    "dequantize": ("i8", "f32", None),
    "fft": ("i16", "u32", (1960,)),
    "image-normalization": ("u8", "f32", None),
    "label": ("f32", "utf8", None),
    "modulo": ("i16", "i16", None),
    "most_confident_indices": ("f32", "u32", (1,)),
    "noise-filtering": ("u32", "i8", None),
    "normalize": ("i32", "f32", None),
    "object_filter": ("f32", "f32", (2, 6)),
    "ohv_label": ("u8", "utf8", (1,)),
    "parse": ("utf8", "i16", (2,)),
    "quantize": ("f32", "i16", None),
    "segment_output": ("f32", "u32", None),
    "softmax": ("f32", "f32", None),
    "utf8_decode": ("u8", "utf8", (1,)),
}

def tensor(element, dims):
    if dims is None or below(4) == 0:
        dims = tuple(choice((0, 1, 1, 2, 2, 3, 6, 7, 40)) for _ in range(below(5)))
    if below(8) == 0:
        element = choice(TYPES)
    size = SIZES[TYPES.index(element)]
    for dim in dims:
        size *= dim
    if element == "utf8":
        size = below(60)
    return (element, dims, max(size + choice((0, 0, 0, 0, 0, -1, 1)), 0))

def random_bytes(count):
    low = choice((1, 4, 8))
    return bytearray(random.getrandbits(low) * choice((0, 1, 1)) for _ in range(count))

def arguments(name):
    given = {}
    for key, value in dsp.arguments(name).items():
        if value is None or below(8) == 0:
            text = key in ("wordlist", "fallback", "arithmetic")
            given[key] = choice(TEXTS if text != (below(10) == 0) else NUMBERS)
    return given

made = ran = 0
for _ in range(int(sys.argv[2])):
    name = choice(dsp.blocks())
    from_type, to_type, dims = LIKELY[name]
    source = tensor(from_type, None)
    outputs = (tensor(to_type, dims or source[1]),)
    if (name == "segment_output") != (below(10) == 0):
        source = tensor("f32", (3, 2, 4))
        outputs = (tensor("u32", (3, 2)), tensor("u32", (4,)))
    if name == "object_filter" and below(10):
        source = tensor("f32", (2, 6 + below(3)))
    args = arguments(name)
    try:
        block = dsp.Block(name, args, (source,), outputs)
        made += 1
        buffers = tuple(bytearray(item[2]) for item in outputs)
        for rows in (None, 1, 0):
            data = (random_bytes(source[2]),)
            block.run(data, buffers) if rows is None else block.run(data, buffers, rows)
            ran += 1
            for index, item in enumerate(outputs):
                for now, most in zip(block.shape(index), item[1]):
                    assert now <= max(most, source[2]), (name, source, outputs)
        block.reset()
    except (ValueError, TypeError, MemoryError):
        pass
print(made, ran)
"""


@pytest.mark.parametrize("seed", range(3))
def test_any_block_runs_or_says_why_not(seed: int) -> None:
    made, ran = map(int, run_ok(SCRIPT, str(seed), "4000", heap="8m").split())
    assert made > 500
    assert ran > 500
