"""What a Rune sent to its outputs, as JSON values in the original's form.

Each tensor is {"type_name", "channel", "elements", "dimensions"}; a call's results are one object
{"<output id>": [tensor, ...]}.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterable
from typing import Any

from runicd.errors import LinkError
from runicd.types import ELEMENT_FORMATS, Result
from runicos.contract import element

_SHAPE = re.compile(r"([a-z]+[0-9]*)\[([0-9, ]*)\]")


def tensors(result: Result) -> list[dict[str, Any]]:
    """Return one result's tensors. Raises LinkError when the payload is not what its kind says."""
    try:
        if result.kind == "TENSOR":
            return _binary_tensors(result.payload, result.channel)
        value = json.loads(result.payload)
    except (ValueError, struct.error, OverflowError, RecursionError) as error:
        raise LinkError(
            f"output {result.channel} of {result.rune} cannot be read ({error})"
        ) from error
    return value if isinstance(value, list) else [value]


def call_object(results: Iterable[Result]) -> dict[str, list[Any]]:
    """Return the results of one call as the object that `runicd run` prints."""
    outputs: dict[str, list[Any]] = {}
    for result in results:
        outputs.setdefault(str(result.channel), []).extend(tensors(result))
    return outputs


def line(result: Result) -> str:
    """Return one result as a line of JSON with its Rune's name, for streams."""
    value = {
        "rune": result.rune,
        "sequence": result.sequence,
        str(result.channel): tensors(result),
    }
    return json.dumps(value, ensure_ascii=False)


def _binary_tensors(payload: bytes, channel: int) -> list[dict[str, Any]]:
    """Read { u32 shape length; shape as text; elements } until the end."""
    found: list[dict[str, Any]] = []
    offset = 0
    while offset < len(payload):
        (length,) = struct.unpack_from("<I", payload, offset)
        shape = payload[offset + 4 : offset + 4 + length].decode()
        offset += 4 + length
        tensor, used = _binary_tensor(shape, payload[offset:], channel)
        found.append(tensor)
        offset += used
    return found


def _binary_tensor(shape: str, data: bytes, channel: int) -> tuple[dict[str, Any], int]:
    match = _SHAPE.fullmatch(shape)
    if not match:
        raise ValueError(f"shape {shape!r}")
    name = match[1]
    dims = [int(dim) for dim in match[2].split(",") if dim.strip()]
    count = element.count(dims)
    elements: list[Any]
    if name == "utf8":
        texts = data.split(b"\0", count)[:count]
        elements = [text.decode() for text in texts]
        used = sum(len(text) + 1 for text in texts)
    elif name in ELEMENT_FORMATS:
        packing = f"<{count}{ELEMENT_FORMATS[name]}"
        elements = list(struct.unpack_from(packing, data))
        used = struct.calcsize(packing)
    else:
        raise ValueError(f"element type {name!r}")
    tensor = {"type_name": name, "channel": channel, "elements": elements, "dimensions": dims}
    return tensor, used
