"""A manifest that has been checked, and what manifests may name; rune_manifest.py checks one.

Apart from the check, because a board keeps this as long as it has a Rune.
"""

FORMAT = 1
ABI = "0.11"
CAPABILITY_KINDS = ("RAND", "SOUND", "ACCEL", "IMAGE", "RAW", "FLOAT_IMAGE")
OUTPUT_KINDS = ("SERIAL", "BLE", "PIN", "WIFI", "TENSOR")
STAGE_KINDS = ("capability", "block", "model", "output")
# How int8 results are rounded, by name; a firmware has one of them. docs/arithmetic.md
TFLM_DOUBLE = "tflm-double"
TFLM_SINGLE = "tflm-single"
ROUNDINGS = (TFLM_DOUBLE, TFLM_SINGLE)
TENSOR_ALIGNMENT = 16
# Less than half of what a board's clock counts before it starts over: six days.
PERIOD_MAX_MS = 0x1FFFFFFF
# What a Rune may ask a call to take, at most: ten minutes.
CALL_MAX_MS = 600_000


class Manifest:
    """A checked manifest; attributes are the map's keys, with lists of maps inside."""

    def __init__(self, fields: "dict[str, object]") -> None:
        self.name = str(fields["name"])
        self.release = str(fields["release"])
        # A version with a lower one than was confirmed is never taken again.
        self.security_counter = as_number(fields.get("security_counter", 0))
        self.abi = str(fields["abi"])
        # The firmware's own text: the manifest's would take RAM.
        self.rounding = ROUNDINGS[ROUNDINGS.index(str(fields["rounding"]))]
        self.period_ms = as_number(fields["period_ms"])
        self.arena_bytes = as_number(fields["arena_bytes"])
        self.tensors = as_maps(fields["tensors"])
        self.capabilities = as_maps(fields["capabilities"])
        self.blocks = as_maps(fields["blocks"])
        self.models = as_maps(fields["models"])
        self.outputs = as_maps(fields["outputs"])
        self.resources = as_maps(fields["resources"])
        # By model: what `table_bytes` is where pointers have 32 bits; older Runes do not say.
        limits = fields["limits"]
        self.narrow_table_bytes = as_list(limits.get("table_bytes_32", []))  # type: ignore[attr-defined]
        # What a call may take; 0: what the board says.
        self.call_ms = as_number(limits.get("call_ms", 0))  # type: ignore[attr-defined]
        self.log_bytes_per_s = limits.get("log_bytes_per_s")  # type: ignore[attr-defined]
        self.stages = [_stage(stage) for stage in as_list(fields["stages"])]
        self.wasm_memory_bytes = as_number(fields["wasm"]["memory_bytes"])  # type: ignore[index]
        self.wasm_stack_bytes = as_number(fields["wasm"]["stack_bytes"])  # type: ignore[index]


def as_number(value: object) -> int:
    """Return a value that is known to be a number."""
    assert isinstance(value, int)
    return value


def as_list(value: object) -> "list[object]":
    """Return a value that is known to be a list."""
    assert isinstance(value, list)
    return value


def as_maps(value: object) -> "list[dict[str, object]]":
    """Return a value that is known to be a list of maps."""
    assert isinstance(value, list)
    return value


def _stage(value: object) -> "tuple[str, int]":
    kind, index = as_list(value)
    return str(kind), as_number(index)
