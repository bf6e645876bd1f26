"""Numbered errors shared by host and board.

A board sends a code and the numbers that matter; `sentence` turns them into words, on the host.
A code is never renumbered. Texts take the arguments in order; what to do about it comes last.
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

_TEXTS = {
    INTERNAL: "the board's runtime failed: {}; report this as a bug",
    BAD_FRAME: "a frame was damaged on the way ({}); try again",
    BAD_REQUEST: "the board did not understand `{}`: {}; update runicd or the firmware",
    UNKNOWN_VERB: "the board does not know `{}`; update its firmware",
    BUSY: "the board is busy with {}; wait for it or abort it",
    NO_SUCH_RUNE: "there is no Rune named {} on the board; `runicd ps` lists them",
    NO_SUCH_UPLOAD: "upload {} is not under way; start the cast again",
    BAD_NAME: "{} is no name for a Rune; use a-z, 0-9, '_', '.', '-', at most 63 characters",
    UPLOAD_INCOMPLETE: "only {} of {} bytes arrived; cast again to resume",
    HASH_MISMATCH: "the file on the board has SHA-256 {}, not {}; cast again",
    FLASH_FULL: "the board's flash has {} bytes free in one piece and {} are needed; "
    "remove a Rune",
    STORE_FAILED: "the board could not write its flash: {}; check its file system",
    NOT_WASM: "this is no WebAssembly 1.0 module (at byte {}); rebuild the Rune",
    BAD_SECTION: "section {} is damaged at byte {}; rebuild the Rune",
    BAD_MANIFEST: "the manifest is wrong at {}: {}; rebuild the Rune",
    NEWER_FORMAT: "{} is from a newer runicd; update the board's firmware",
    MODEL_REFUSED: "model {} was refused: {}",
    WASM_REFUSED: "the WebAssembly was refused: {}; rebuild the Rune",
    MISSING_EXPORT: "the module does not export {}; rebuild the Rune",
    IMPORT_NOT_GRANTED: "the module imports {}, which nobody grants; remove that import",
    MANIFEST_MISMATCH: "_manifest() asked for {} but the manifest says {}; rebuild the Rune",
    REFUSED: "the board refuses this Rune",
    NO_CAPABILITY: "no {} on this board; it has {}",
    CAPABILITY_RANGE: "{} {} = {} is outside what the board offers ({} to {})",
    NO_OUTPUT: "no output {} on this board; it has {}",
    NO_OP: "model {}: op {} unsupported; the firmware lacks it",
    NO_BLOCK: "block {} unsupported; the firmware lacks it",
    RAM_SHORT: "short by {} bytes of RAM: {} needed, {} available",
    FLASH_SHORT: "short by {} bytes of flash: {} needed, {} available",
    ABI_UNKNOWN: "ABI {} unknown; this firmware speaks {}",
    WASM_MEMORY_SHORT: "short by {} bytes of linear memory: {} needed, {} available",
    TRAP: "{} at call {}",
    SOURCE_END: "the data of {} has come to its end",
    CAPABILITY_FAILED: "reading {} failed: {}",
    SELF_TEST_FAILED: "golden vector {}: output {} differs at element {}: {} instead of {}",
    NOT_RUNNING: "{} is {}; `runicd start {}` runs it",
    CALL_FAILED: "{} failed: {}",
    NOT_SURVIVED: "{} did not survive its last start, so it was not started; "
    "`runicd rm {}` removes it, `runicd start {}` tries again",
    NOT_SIMULATED: "this board has real sensors; only those of simulated boards can be fed",
    FEED_ORDER: "{} has {} bytes so far, and the next piece begins there; feed it again",
    FEED_SHORT: "short by {} bytes of flash for recordings: {} needed, {} available; feed less, "
    "or remove what was fed before with `runicd feed --clear`",
    SENSOR_BUSY: "{} is read by {}; `runicd stop {}` frees it",
}


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


def sentence(code: int, arguments: "list[object] | tuple[object, ...]") -> str:
    """Return the words for a code and its arguments.

    Never raises: an unknown code or a wrong number of arguments (a newer board's) is shown as it
    is.
    """
    reasons = [
        argument
        for argument in arguments
        if isinstance(argument, (list, tuple)) and _is_reason(argument)
    ]
    if code == REFUSED and reasons:
        return "; ".join([sentence(reason[0], reason[1:]) for reason in reasons])
    text = _TEXTS.get(code)
    if text is None or text.count("{}") > len(arguments):
        return "error %d %s" % (code, " ".join([str(argument) for argument in arguments]))
    return text.format(*arguments)


def _is_reason(value: "list[object] | tuple[object, ...]") -> bool:
    return len(value) > 0 and isinstance(value[0], int)
