"""Element types of tensors: their names, codes and sizes.

The code of a type is its index in NAMES; C has the same order in `runic_tensor.h`.
"""

NAMES = ("u8", "i8", "u16", "i16", "u32", "i32", "f32", "u64", "i64", "f64", "utf8")
_SIZES = (1, 1, 2, 2, 4, 4, 4, 8, 8, 8, 1)
MAX_RANK = 6
MAX_BYTES = 0x7FFFFFFF


def code(name: str) -> int:
    """Return the code of an element type's name. Raises ValueError for an unknown name."""
    return NAMES.index(name)


def size_bytes(name: str) -> int:
    """Return the bytes of one element; 1 for utf8, whose strings vary. Raises ValueError."""
    return _SIZES[code(name)]


def count(dims: "list[int] | tuple[int, ...]") -> int:
    """Return how many elements a shape holds; an empty shape holds one."""
    total = 1
    for dim in dims:
        total *= dim
    return total


def describe(name: str, dims: "list[int] | tuple[int, ...]") -> str:
    """Return a tensor's type as the original ABI writes it: `f32[1, 2]`."""
    return "%s[%s]" % (name, ", ".join([str(dim) for dim in dims]))
