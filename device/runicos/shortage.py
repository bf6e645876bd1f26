"""Want of memory, told in numbers."""

import gc

from runicos.contract.errors import OUT_OF_MEMORY, RuneError


def told(error: MemoryError) -> RuneError:
    """Return the numbered error for a MemoryError; the heap is collected."""
    gc.collect()
    return RuneError(OUT_OF_MEMORY, asked_bytes(error), gc.mem_free())


def asked_bytes(error: MemoryError) -> int:
    """Return the bytes that could not be had, 0 if the error does not say."""
    digits = "".join([character for character in str(error) if character.isdigit()])
    return int(digits) if digits else 0
