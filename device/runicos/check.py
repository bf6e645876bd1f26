"""Check: a Slot and the board's facts make a Grant, or a refusal with every reason.

A Rune of the original toolchain has no manifest before `_manifest()` has run; what can be told
from its file is checked here, the rest by the recording host while `_manifest()` runs.
"""

from runicos.contract import memory
from runicos.contract.admission import Grant, admit, pointer_bytes, short
from runicos.contract.errors import WASM_MEMORY_SHORT, Refused

# What wasm3 and the container take for an original Rune beside its linear memory: the modules
# are large and are compiled whole.
ORIGINAL_OVERHEAD_BYTES = 32_768


def grant(slot: object, facts: "dict[str, object]") -> Grant:
    """Return the Grant of a Rune with a manifest. Raises Refused."""
    # Its manifest has been read into memory already: that part is not to be found once more.
    facts["heap_free"] += memory.manifest_bytes(slot.manifest, pointer_bytes(facts))
    return admit(slot.manifest, facts)


def original_ram_bytes(slot: object, facts: "dict[str, object]") -> int:
    """Return the RAM that an original Rune takes at least. Raises Refused when it is not there."""
    needed = slot.memory_pages * memory.WASM_PAGE_BYTES + ORIGINAL_OVERHEAD_BYTES
    reasons = short(WASM_MEMORY_SHORT, needed, facts["heap_free"])
    if reasons:
        raise Refused(reasons)
    return needed
