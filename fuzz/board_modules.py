"""Fuzz the native modules' Python API inside the firmware (a MicroPython script).

Usage: micropython board_modules.py SEED SECONDS RUNE BLOCK CALLER MODEL MODEL. Calls nn, dsp,
wasm3, rune and console with random arguments on objects that live for a random while, with
collections, a locked heap, and drivers that raise, call back or close in between. Every exception
is fine, a crash is not. The wasm is valid: what wasm3 does with other code is not tried here.
"""

import gc
import io
import random
import sys
import time

import console
import deflate
import dsp
import micropython
import nn
import rune
import wasm3
from _board_values import (
    TYPES,
    Number,
    any_value,
    floats,
    keep,
    meanwhile,
    nested,
    number,
    pick,
    pool,
    shape,
    some_buffer,
    type_and_dims,
)

_ROUND_ACTIONS = 300
_PATHS = sys.argv[3:]

counts = {}


class Driver:
    """A capability in Python: gives zeros, or misbehaves."""

    def readinto(self, buffer):
        """Leave the buffer as it is; say that it was filled, or anything."""
        keep(buffer)
        nested()
        return len(buffer) if random.getrandbits(3) else any_value()


class Stream(io.IOBase):
    """What a native stream takes its bytes from: stored deflate blocks of 8 bytes, for ever."""

    def __init__(self):
        self.at = 0

    def readinto(self, buffer):
        """Give one byte."""
        nested()
        head = b"\0\x08\0\xf7\xff"
        buffer[0] = (head + b"deflated")[self.at % 13]
        self.at += 1
        return 1


class Host:
    """Answers a Rune's cold calls."""

    def __getattr__(self, name):
        def answer(*arguments):
            for argument in arguments:
                if isinstance(argument, memoryview):
                    keep(argument)
            nested()
            return any_value() if random.getrandbits(1) else number()

        return answer


def _make_pipeline():
    rows, offset = [], 0
    for _ in range(random.randint(1, 8)):
        kind, dims, size = type_and_dims()
        if random.getrandbits(3) == 0:
            rows.append((("f32", (1, 4), 16, None), ("i8", (1, 4), 4, -1))[random.getrandbits(1)])
            continue
        rows.append((TYPES[kind], dims, size, offset))
        offset = (offset + size + 15) // 16 * 16
    keep(rune.Pipeline(tuple(rows), offset if random.getrandbits(4) else number()))


def _make_block():
    name = random.choice(dsp.blocks())
    arguments = {}
    for key, value in dsp.arguments(name).items():
        other = value is None or random.getrandbits(3) == 0
        arguments[key] = random.choice((number(), 0.5, "a,b,c", "1", 16)) if other else value
    kind, dims, size = type_and_dims()
    tensor = (TYPES[kind], dims, size)
    out = tensor if random.getrandbits(1) else (random.choice(TYPES[:-1]), dims)
    outs = (out,) if random.getrandbits(2) else (out, out)
    keep(dsp.Block(name, arguments, (tensor,), outs))


def _run_block():
    inputs, outputs = (some_buffer(),), (some_buffer(),)
    rows = (any_value(),) if random.getrandbits(2) == 0 else ()
    pick(dsp.Block).run(inputs, outputs if random.getrandbits(2) else outputs * 2, *rows)


def _listen():
    """Make a stream's spectra, mostly of a window that frames divide, and hear some pieces."""
    bins, chunks = random.choice((16, 31, 64, 100, 480)), random.randint(1, 3)
    step = bins * chunks
    window = 49 * step + random.choice((0, 0, 0, 0, 1, -1, bins, number()))
    count = step * random.randint(1, 4) + random.choice((0, 0, 0, 0, 1, number()))
    arguments = {"bins": bins, "window_overlap": 0.0, "window_samples": window}
    arguments["arithmetic"] = random.choice(("f32", "q15", "q15", "q31"))
    block = dsp.Block("fft", arguments, (("i16", (count,)),), (("u32", (1, 1960)),))
    keep(block)
    for _ in range(random.randint(1, 5)):
        sound = bytearray(random.getrandbits(8) for _ in range(2 * count))
        block.run((sound if number() else some_buffer(),), (bytearray(4 * 1960),))
        if random.getrandbits(2) == 0:
            block.reset()


def _call_dsp_well():
    """Call a function with arguments that fit each other, mostly."""
    size = 1 << random.randint(5, 9)
    choice = random.randint(0, 5)
    if choice == 0:
        dsp.power(dsp.rfft(floats(size), floats(size)), floats(size // 2 + 1))
    elif choice == 1:
        dsp.mel_filterbank(floats(size + 1), floats(random.randint(1, 40)), 16000)
    elif choice == 2:
        dsp.log(floats(size), keep(floats(size)), Number())
    elif choice == 3:
        keep(dsp.window("hamming", number()))
    elif choice == 4:
        side, other = shape(), shape()[:2]
        target = bytearray(other[0] * other[1] * side[2])
        dsp.resize(bytes(side[0] * side[1] * side[2]), side, target, other + (side[2],))
    else:
        same = bytearray(30)
        dsp.convert_pixels(same, "rgb", same if number() else bytearray(10), "bgr")


def _call_dsp():
    name = random.choice(("rfft", "power", "window", "mel_filterbank", "log", "resize",
                          "convert_pixels", "arguments"))  # fmt: skip
    choices = (any_value, some_buffer, shape, lambda: "rgb", lambda: random.choice(dsp.blocks()))
    keep(getattr(dsp, name)(*[random.choice(choices)() for _ in range(random.randint(1, 5))]))


def _load_module():
    path = random.choice(_PATHS[:3])
    limit = random.choice((None, 64, 256, 1000, 70000))
    runtime = keep(wasm3.Runtime(stack_bytes=random.choice((256, 1024, 4096)), memory_bytes=limit))
    keep(runtime.load(_content(path)))


def _content(path):
    """Return a file's bytes: on the heap, or mapped and perhaps let go of later."""
    if random.getrandbits(2) == 0:
        return keep(console.map(path))
    with open(path, "rb") as stream:
        return stream.read()


def _use_module():
    module = pick(wasm3.Module)
    choice = random.randint(0, 6)
    if choice == 0:
        keep(
            module.find(random.choice(("call", "grow", "deep", "store", "transform", "_call", "")))
        )
    elif choice == 1:
        module.link("env", "f", "i(iIfF)", _callback)
    elif choice == 2:
        module.compile()
    elif choice == 3:
        keep(module.memory)
    else:
        keep((module.imports, module.exports, module.globals))


def _callback(*arguments):
    nested()
    return number() if random.getrandbits(2) else any_value()


def _call_function():
    function = [thing for thing in pool if type(thing).__name__ == "Function"]
    if function:
        count = random.randint(0, 4)
        random.choice(function)(*[random.choice((number, any_value))() for _ in range(count)])


def _make_model():
    arena = some_buffer() if random.getrandbits(1) else None
    if arena is None or random.getrandbits(1):
        arena = keep(bytearray(2048)) if random.getrandbits(1) else None
    keep(nn.Model(_content(random.choice(_PATHS[3:])), arena))


def _use_model():
    model = pick(nn.Model)
    choice = random.randint(0, 6)
    if choice == 0:
        keep(model.input(number()))
    elif choice == 1:
        keep(model.output(number()))
    elif choice == 2:
        (model.inputs, model.outputs, str(model.profile(any_value())), str(model))
    elif choice == 3:
        keep(model.predict(random.choice((any_value(), some_buffer(), keep([1.0] * number())))))
    else:
        model.invoke()


def _driver():
    return random.choice((Driver, lambda: rune.Random(1), any_value, _inflated))()


def _inflated():
    return deflate.DeflateIO(Stream(), deflate.RAW)


def _indices():
    return tuple([random.randint(0, 8) for _ in range(random.randint(0, 2))])


def _add_stage():
    pipeline, choice = pick(rune.Pipeline), random.randint(0, 4)
    if choice == 0:
        pipeline.add_capability(_driver(), number())
    elif choice == 1:
        pipeline.add_block(pick(dsp.Block), _indices(), _indices())
    elif choice == 2:
        pipeline.add_model(pick(nn.Model), (random.randint(0, 8),), (random.randint(0, 8),))
    elif choice == 3:
        addresses = tuple([random.choice((16, 32, number())) for _ in range(2)])
        pipeline.add_custom(pick(wasm3.Module), _indices(), _indices(), addresses)
    else:
        pipeline.add_output(random.choice((1, 5)), number(), pick(rune.Ring), _indices())


def _use_pipeline():
    pipeline, choice = pick(rune.Pipeline), random.randint(0, 8)
    if choice == 0:
        keep(pipeline.tensor(number()))
    elif choice == 1:
        pipeline.reset()
    elif choice == 2:
        pipeline.replay([some_buffer() for _ in range(random.randint(0, 3))])
    elif choice == 3:
        pipeline.replay(None)
    elif choice == 4:
        pipeline.timing = any_value()
        keep(pipeline.ticks)
    elif choice == 5:
        rune.native_loop(pipeline, random.randint(0, 3))
    else:
        pipeline.run(random.randint(0, 2), random.randint(0, 5))


def _make_container():
    runtime = keep(wasm3.Runtime(memory_bytes=random.choice((256, 1000, 140000))))
    module = runtime.load(_content(_PATHS[0]))
    container = keep(rune.Container(keep(module), Host(), rune.imports()))
    container.bind_capability(1, _driver())
    container.bind_model(2, pick(nn.Model))
    container.bind_output(3, 1, pick(rune.Ring))


def _use_container():
    container, choice = pick(rune.Container), random.randint(0, 6)
    if choice == 0:
        container.pipeline = pick(rune.Pipeline)
    elif choice == 1:
        container.bind_capability(number(), _driver())
    elif choice == 2:
        container.bind_output(any_value(), number(), pick(rune.Ring))
    elif choice == 3:
        container.manifest()
    else:
        container.call(random.randint(0, 3))


def _write_view():
    """Write into a view, above all what the Rune's next host call is to be."""
    view = pick(memoryview)
    for at in range(0, min(len(view), 40), 4):
        value = random.choice((number(), random.randint(0, 13), 16, 64))
        view[at] = value & 0xFF
        view[at + 1] = (value >> 8) & 0xFF


def _use_ring():
    ring = pick(rune.Ring)
    (ring.read_into(some_buffer()), ring.next_bytes, ring.dropped)


_CLOSABLE = (nn.Model, dsp.Block, rune.Ring, rune.Pipeline, rune.Container)


def _close_something():
    choice = random.getrandbits(3)
    if choice == 0:
        pick(wasm3.Runtime).close()
    elif choice > 4:
        pick(random.choice(_CLOSABLE)).close()
    elif choice == 1:
        random.choice([thing for thing in pool if type(thing).__name__ == "Mapping"]).close()
    elif pool:
        pool.pop(random.randint(0, len(pool) - 1))


def _make_ring():
    keep(rune.Ring(random.choice((32, 100, 1000, number()))))


_MAKERS = (_make_pipeline, _make_block, _make_block, _load_module, _make_model, _make_ring)
_ACTIONS = (
    _MAKERS
    + (_make_container, _run_block, _listen, _call_dsp, _call_dsp_well, _call_function, _use_model)
    + (_use_ring, _close_something, gc.collect)
    + 2 * (_use_module, _write_view)
    + 3 * (_add_stage, _use_container, _use_pipeline)
)


def _action():
    """Do something; count how it ended."""
    chosen = random.choice(_ACTIONS)
    locked = random.getrandbits(5) == 0
    if locked:
        micropython.heap_lock()
    try:
        chosen()
        well = True
    except Exception:
        well = False
    finally:
        if locked:
            micropython.heap_unlock()
    if not locked:
        name = chosen.__name__[1:] if chosen is not gc.collect else "collect"
        done = counts.setdefault(name, [0, 0])
        done[well] += 1


def main():
    """Run rounds, each on a new pool, for the given time; say how many calls went well."""
    random.seed(int(sys.argv[1]))
    meanwhile.append(_action)
    start_ms = time.ticks_ms()
    rounds = 0
    while time.ticks_diff(time.ticks_ms(), start_ms) < float(sys.argv[2]) * 1000:
        pool.clear()
        for _ in range(_ROUND_ACTIONS):
            _action()
        rounds += 1
    well = ["%s %d/%d" % (name, done[1], sum(done)) for name, done in sorted(counts.items())]
    print("modules: seed %s, %d rounds; went well: %s" % (sys.argv[1], rounds, ", ".join(well)))
    never = [name for name, done in counts.items() if not done[1] and sum(done) > 5000]
    assert not never, never


main()
