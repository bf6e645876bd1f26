"""Numbered errors shared by host and board.

A board sends a code and the numbers that matter; sentences.py turns them into words. A code is
never renumbered.
"""

INTERNAL = 1
BAD_FRAME = 2
BAD_REQUEST = 3
UNKNOWN_VERB = 4
BUSY = 5
NO_SUCH_RUNE = 6
NO_SUCH_UPLOAD = 7
BAD_NAME = 8
UPLOAD_INCOMPLETE = 9
HASH_MISMATCH = 10
FLASH_FULL = 11
STORE_FAILED = 12
OUT_OF_MEMORY = 13
LINKS_TAKEN = 14
NOT_WASM = 20
BAD_SECTION = 21
BAD_MANIFEST = 22
NEWER_FORMAT = 23
MODEL_REFUSED = 24
WASM_REFUSED = 25
MISSING_EXPORT = 26
IMPORT_NOT_GRANTED = 27
MANIFEST_MISMATCH = 28
REFUSED = 40
NO_CAPABILITY = 41
CAPABILITY_RANGE = 42
NO_OUTPUT = 43
NO_OP = 44
NO_BLOCK = 45
RAM_SHORT = 46
FLASH_SHORT = 47
ABI_UNKNOWN = 48
WASM_MEMORY_SHORT = 49
NO_ROUNDING = 50
TRAP = 60
SOURCE_END = 61
CAPABILITY_FAILED = 62
SELF_TEST_FAILED = 63
NOT_RUNNING = 64
CALL_FAILED = 65
NOT_SURVIVED = 66
NOT_SIMULATED = 70
FEED_ORDER = 71
FEED_SHORT = 72
SENSOR_BUSY = 73
NOT_AUTHORISED = 80
NOT_SIGNED = 81
UNKNOWN_KEY = 82
BAD_SIGNATURE = 83
ROLLED_BACK = 84
NOT_GRANTED = 85
POLICY_DENIES = 86
BAD_POLICY = 87
WENT_BACK = 90
NO_ROOM_FOR_TWO = 91
NO_PREVIOUS = 92


class RuneError(Exception):
    """A numbered error: `code` and the `arguments` of its sentence."""

    def __init__(self, code: int, *arguments: object) -> None:
        super().__init__(code, *arguments)
        self.code = code
        self.arguments = arguments


class Refused(RuneError):
    """Admission said no; `reasons` holds every (code, *arguments), not just the first."""

    def __init__(self, reasons: "list[tuple[object, ...]]") -> None:
        super().__init__(REFUSED, *reasons)
        self.reasons = reasons
