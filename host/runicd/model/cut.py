"""Cuts a model off behind one of its tensors: the same file, with another output."""

from __future__ import annotations

import struct

from runicd.errors import ModelError
from runicd.model.flatbuffer import Buffer


def with_output(data: bytes, tensor: int) -> bytes:
    """Return the file with `tensor` as its only output, every other byte as it was.

    The list of outputs is made one long in place, so that nothing moves. Raises ModelError for a
    model without outputs, or a broken one.
    """
    graphs = Buffer(data).root("the model").tables(2, "subgraph")
    start, count = graphs[0].vector(2, 4, "the list of outputs") if graphs else (0, 0)
    if count == 0:
        raise ModelError("the model has no outputs")
    changed = bytearray(data)
    struct.pack_into("<Ii", changed, start - 4, 1, tensor)
    return bytes(changed)
