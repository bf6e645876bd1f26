"""Puts metadata into a `.tflite` file.

Nothing in the file is changed for that: what is new stands before it, and every offset in a
`.tflite` file points onwards.
"""

from __future__ import annotations

import struct

from runicd.model.flatbuffer import Buffer, Table
from runicd.model.schema import FILE_IDENTIFIER

_ALIGNMENT_BYTES = 16
# Fields of the root table that are looked at; all others but the version are offsets.
_VERSION, _BUFFERS, _METADATA, _ROOT_FIELDS = 0, 4, 6, 8
_ROOT_AT = 8 + 4 + 2 * _ROOT_FIELDS  # behind the file's header and the root's field list
_ROOT_BYTES = 4 + 4 * _ROOT_FIELDS
# Field lists of a metadata table (name, buffer) and of a buffer (data).
_ENTRY_FIELDS = struct.pack("<4H", 8, 12, 4, 8)
_BUFFER_FIELDS = struct.pack("<4H", 6, 8, 4, 0)


def with_metadata(data: bytes, name: bytes, content: bytes) -> bytes:
    """Return the file `data` with metadata in it, instead of what it may have of that name.

    Raises ModelError for a file that is broken.
    """
    root = Buffer(data).root("the model")
    named = root.tables(_METADATA, "metadata")
    kept = [one.position for one in named if one.bytes(0, "a name") != name]
    buffers = [one.position for one in root.tables(_BUFFERS, "buffer")]
    return _head(root, buffers, kept, name, content) + data


def _head(root: Table, buffers: list[int], kept: list[int], name: bytes, content: bytes) -> bytes:
    """Return a new root table and what it needs, to be put before the file.

    In this order: root, list of buffers, list of metadata, the new metadata and buffer, its name,
    its content. `buffers` and `kept` are where the file has its own.
    """
    buffers_at = _ROOT_AT + _ROOT_BYTES
    named_at = buffers_at + 4 * (1 + len(buffers) + 1)
    entry_at = named_at + 4 * (1 + len(kept) + 1) + len(_ENTRY_FIELDS)
    buffer_at = entry_at + 12 + len(_BUFFER_FIELDS)
    name_at = buffer_at + 8
    content_at = _align(name_at + 4 + len(name) + 1 + 4) - 4  # its bytes, 4 on, are aligned
    size = _align(content_at + 4 + len(content))
    head = bytearray(size)

    def put(at: int, *values: int) -> None:
        struct.pack_into(f"<{len(values)}I", head, at, *values)

    def put_list(at: int, targets: list[int]) -> None:
        put(at, len(targets), *(target - at - 4 - 4 * i for i, target in enumerate(targets)))

    put(0, _ROOT_AT)
    head[4:8] = FILE_IDENTIFIER
    targets = {field: root.target(field) for field in range(1, _ROOT_FIELDS)}
    moved = {field: size + at for field, at in targets.items() if at is not None}
    moved |= {_BUFFERS: buffers_at, _METADATA: named_at}
    places = [4, *(4 + 4 * field if field in moved else 0 for field in range(1, _ROOT_FIELDS))]
    struct.pack_into(f"<{2 + _ROOT_FIELDS}H", head, 8, _ROOT_AT - 8, _ROOT_BYTES, *places)
    put(_ROOT_AT, _ROOT_AT - 8, root.scalar(_VERSION, "u32"))
    for field, at in moved.items():
        put(_ROOT_AT + 4 + 4 * field, at - _ROOT_AT - 4 - 4 * field)
    put_list(buffers_at, [*(size + at for at in buffers), buffer_at])
    put_list(named_at, [*(size + at for at in kept), entry_at])
    head[entry_at - len(_ENTRY_FIELDS) : entry_at] = _ENTRY_FIELDS
    put(entry_at, len(_ENTRY_FIELDS), name_at - entry_at - 4, len(buffers))
    head[buffer_at - len(_BUFFER_FIELDS) : buffer_at] = _BUFFER_FIELDS
    put(buffer_at, len(_BUFFER_FIELDS), content_at - buffer_at - 4)
    put(name_at, len(name))
    head[name_at + 4 : name_at + 4 + len(name)] = name
    put(content_at, len(content))
    head[content_at + 4 : content_at + 4 + len(content)] = content
    return bytes(head)


def _align(position: int) -> int:
    return -(-position // _ALIGNMENT_BYTES) * _ALIGNMENT_BYTES
