"""Helpers around the module nn: models from files, labels, the best classes, facts and times."""

import os

import nn


def load(path, arena=None, copy=None):
    """Return the nn.Model of a .tflite file.

    A file in ROMFS is used where it lies, in flash, if it starts at a multiple of 4 bytes there;
    any other is read into RAM. `copy=False` refuses what cannot be used in place, `copy=True`
    always reads. Raises OSError, nn.ModelError, MemoryError.
    """
    if not copy:
        try:
            return nn.Model(_mapped(path), arena)
        except nn.ModelError:
            if copy is not None:
                raise
            # Where it lies may be all that is wrong; if not, the copy tells.
        except TypeError:
            if copy is not None:
                raise nn.ModelError("%s is not in ROMFS" % path)
    return nn.Model(_read(path), arena)


def _mapped(path):
    with open(path, "rb") as file:
        # Of the filesystems, only ROMFS has files that are buffers.
        return memoryview(file)


def _read(path):
    # file.read() would grow its buffer step by step, and need room for two of them.
    data = bytearray(os.stat(path)[6])
    with open(path, "rb") as file:
        if file.readinto(data) != len(data):
            raise OSError("%s ended early" % path)
    return data


def labels(path):
    """Return the lines of a text file, as a tuple; empty lines are left out."""
    with open(path) as file:
        lines = [line.strip() for line in file]
    return tuple([line for line in lines if line])


def top(values, count=3, labels=None):
    """Return the `count` largest values, each as (its label, or its index without labels, value).

    The largest comes first; of equal ones that of the lower index. Raises ValueError when there
    is not one label for each value.
    """
    if labels is not None and len(labels) != len(values):
        raise ValueError("%d labels for %d values" % (len(labels), len(values)))
    order = sorted(range(len(values)), key=lambda index: (-values[index], index))
    return [(labels[index] if labels else index, values[index]) for index in order[:count]]


def summary(model):
    """Print a model's inputs, outputs and ops, and the RAM that it takes."""
    for kind, tensors in (("input", model.inputs), ("output", model.outputs)):
        for index, tensor in enumerate(tensors):
            text = "%-6s %d  %s %s %s" % (kind, index, tensor.name, tensor.dtype, tensor.shape)
            if tensor.scale:
                text += "  scale %g, zero point %d" % (tensor.scale, tensor.zero_point)
            print(text)
    names = [op.name for op in model.profile()]
    counts = ["%d %s" % (names.count(name), name) for name in sorted(set(names))]
    print("ops      %d: %s" % (len(names), ", ".join(counts)))
    ram = (model.arena_bytes + model.table_bytes, model.arena_bytes, model.table_bytes)
    print("RAM      %d bytes: arena %d, tables %d" % ram)


def benchmark(model, calls=10):
    """Run a model that many times on whatever its inputs hold, after one run that does not count.

    Prints a table of the ops; returns the microseconds of a call, on average. What the model's
    profile() measured before is lost.
    """
    if calls < 1:
        raise ValueError("calls must be at least 1")
    model.invoke()
    model.profile(True)
    for _ in range(calls):
        model.invoke()
    times = model.profile(False)
    print(times)
    return sum([op.total_us for op in times]) / calls
