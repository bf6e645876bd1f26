"""Random values for `board_modules`, and the pool of objects that they come from (MicroPython)."""

import random

_POOL_MAX = 60
_DEPTH_MAX = 3
TYPES = ("u8", "i8", "u16", "i16", "u32", "i32", "f32", "u64", "i64", "f64", "utf8", "none")
_SIZES = (1, 1, 2, 2, 4, 4, 4, 8, 8, 8, 1, 1)

pool = []
depth = [0]
# What is done in the middle of a call, set by the target.
meanwhile = []


def pick(kind):
    """Return a random object of that type, or of any, for a call that wants one of that type."""
    found = [thing for thing in pool if isinstance(thing, kind)]
    return random.choice(found) if found and random.getrandbits(4) else any_value()


def keep(thing):
    """Put an object into the pool; when it is full a random one falls out."""
    if len(pool) >= _POOL_MAX:
        pool[random.randint(0, _POOL_MAX - 1)] = thing
    else:
        pool.append(thing)
    return thing


class Number:
    """Converts itself, and does something else meanwhile."""

    def __int__(self):
        nested()
        return number()

    def __float__(self):
        nested()
        return 0.5


def nested():
    """Do something in the middle of a call, unless enough is going on already."""
    if depth[0] < _DEPTH_MAX and random.getrandbits(1):
        depth[0] += 1
        try:
            meanwhile[0]()
        finally:
            depth[0] -= 1


def number():
    """Return an integer: small most of the time."""
    choice = random.getrandbits(4)
    if choice < 12:
        return random.randint(-1, 9)
    return (random.getrandbits(16), random.getrandbits(31), -(1 << 40), 1 << 70)[choice - 12]


def some_buffer():
    """Return a buffer of a random kind and size; some are not aligned."""
    size = random.choice((0, 1, 4, 16, 64, 256, 1000))
    made = bytearray(random.getrandbits(8) for _ in range(size))
    choice = random.getrandbits(3)
    if random.getrandbits(4) == 0:
        return b"" if choice else bytes(bytearray())
    if choice == 0:
        return bytes(made)
    if choice == 1:
        return memoryview(made)[random.randint(0, 3) :]
    return made if choice < 6 else pick(memoryview)


def any_value():
    """Return anything."""
    choice = random.getrandbits(4)
    if choice < 5 and pool:
        return random.choice(pool)
    if choice < 8:
        return number()
    if choice < 10:
        return some_buffer()
    return (None, "fft", 1.5, (), Number(), random.choice)[choice - 10]


def type_and_dims():
    """Return the number of an element type, dims, and the bytes that they take."""
    kind = random.randint(0, len(TYPES) - 1)
    dims = tuple([random.randint(1, 4) for _ in range(random.randint(0, 3))])
    size = _SIZES[kind]
    for dim in dims:
        size *= dim
    return kind, dims, size


def shape():
    """Return (height, width, channels) of a picture."""
    return (random.randint(1, 9), random.randint(1, 9), random.randint(1, 4))


def floats(count):
    """Return a buffer of so many floats, all 0."""
    return memoryview(bytearray(4 * count))
