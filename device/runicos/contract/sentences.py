"""The words of each numbered error: a host's affair, and a board's once something is wrong.

Texts take the arguments in order; what to do about it comes last.
"""

from runicos.contract import errors

_TEXTS = {
    errors.INTERNAL: "the board's runtime failed: {}; report this as a bug",
    errors.BAD_FRAME: "a frame was damaged on the way ({}); try again",
    errors.BAD_REQUEST: "the board did not understand `{}`: {}; update runicd or the firmware",
    errors.UNKNOWN_VERB: "the board does not know `{}`; update its firmware",
    errors.BUSY: "the board is busy with {}; wait for it or abort it",
    errors.NO_SUCH_RUNE: "there is no Rune named {} on the board; `runicd ps` lists them",
    errors.NO_SUCH_UPLOAD: "upload {} is not under way; start the cast again",
    errors.BAD_NAME: "{} is no name for a Rune; use a-z, 0-9, '_', '.', '-', "
    "at most 63 characters",
    errors.UPLOAD_INCOMPLETE: "only {} of {} bytes arrived; cast again to resume",
    errors.HASH_MISMATCH: "the file on the board has SHA-256 {}, not {}; cast again",
    errors.FLASH_FULL: "the board's flash has {} bytes free in one piece and {} are needed; "
    "remove a Rune",
    errors.STORE_FAILED: "the board could not read or write its flash: {}; check its file system, "
    "or remove the Rune if it is its record",
    errors.OUT_OF_MEMORY: "the board found no {} bytes of RAM in one piece, of {} that are free; "
    "stop or remove a Rune",
    errors.LINKS_TAKEN: "all {} links to the board are taken, its serial line's among them; end a "
    "runicd that is connected to it, or try again in 30 s: one that says and follows nothing "
    "gives way then",
    errors.NOT_WASM: "this is no WebAssembly 1.0 module (at byte {}); rebuild the Rune",
    errors.BAD_SECTION: "section {} is damaged at byte {}; rebuild the Rune",
    errors.BAD_MANIFEST: "the manifest is wrong at {}: {}; rebuild the Rune",
    errors.NEWER_FORMAT: "{} is from a newer runicd; update the board's firmware",
    errors.MODEL_REFUSED: "model {} was refused: {}",
    errors.WASM_REFUSED: "the WebAssembly was refused: {}; rebuild the Rune",
    errors.MISSING_EXPORT: "the module does not export {}; rebuild the Rune",
    errors.IMPORT_NOT_GRANTED: "the module imports {}, which nobody grants; remove that import",
    errors.MANIFEST_MISMATCH: "the Rune asked for {} but its manifest says {}; rebuild the Rune",
    errors.REFUSED: "the board refuses this Rune",
    errors.NO_CAPABILITY: "no {} on this board; it has {}",
    errors.CAPABILITY_RANGE: "{} {} = {} is outside what the board offers ({} to {})",
    errors.NO_OUTPUT: "no output {} on this board; it has {}",
    errors.NO_OP: "model {}: op {} unsupported; the firmware lacks it",
    errors.NO_BLOCK: "block {} unsupported; the firmware lacks it",
    errors.NO_ROUNDING: "rounding {} unsupported; this firmware has {}: "
    "build the Rune with that `--rounding`, or the firmware with the other NN_ROUNDING",
    errors.RAM_SHORT: "short by {} bytes of RAM: {} needed, {} available",
    errors.FLASH_SHORT: "short by {} bytes of flash: {} needed, {} available",
    errors.ABI_UNKNOWN: "ABI {} unknown; this firmware speaks {}",
    errors.WASM_MEMORY_SHORT: "short by {} bytes of linear memory: {} needed, {} available",
    errors.TRAP: "{} at call {}",
    errors.SOURCE_END: "the data of {} has come to its end",
    errors.CAPABILITY_FAILED: "reading {} failed: {}",
    errors.SELF_TEST_FAILED: "golden vector {}: output {} differs at element {}: {} instead of {}",
    errors.NOT_RUNNING: "{} is not running ({}); `runicd start {}` runs it",
    errors.CALL_FAILED: "{} failed: {}",
    errors.NOT_SURVIVED: "{} did not survive its last start, so it was not started; "
    "`runicd rm {}` removes it, `runicd start {}` tries again",
    errors.NOT_SIMULATED: "this board has real sensors; only those of simulated boards can be fed",
    errors.FEED_ORDER: "{} has {} bytes so far, and the next piece begins there; feed it again",
    errors.FEED_SHORT: "short by {} bytes of flash for recordings: {} needed, {} available; "
    "feed less, or remove what was fed before with `runicd feed --clear`",
    errors.SENSOR_BUSY: "{} is read by {}; `runicd stop {}` frees it",
    errors.NOT_AUTHORISED: "the board refuses {}: {}; its owner can change that, with `--key` or "
    "over its cable: docs/keys.md",
    errors.NOT_SIGNED: "{} is not signed, and this board takes signed Runes only; sign its file, "
    "and cast that",
    errors.UNKNOWN_KEY: "the board does not trust key {}; `runicd keys trust {}` makes it",
    errors.BAD_SIGNATURE: "the signature of key {} is not of this file, which was changed or "
    "damaged since; build the Rune anew, or cast the file as it was signed",
    errors.ROLLED_BACK: "{} {} would go back behind {}; cast a newer one; `runicd cast RUNE "
    "--downgrade` takes a lower release, but no lower security counter",
    errors.WENT_BACK: "{} went back to its version {}, as {} failed: {}",
    errors.NO_ROOM_FOR_TWO: "no room for a version of {} beside those that are there: the board's "
    "flash has {} bytes free in one piece and {} are needed; `runicd {}` first",
    errors.NO_PREVIOUS: "{} has no previous version on the board; cast the one that is wanted",
    errors.NOT_GRANTED: "{} asks for {}, which is not granted; `runicd grant {}` grants it",
    errors.POLICY_DENIES: "the board's policy ({}) denies {} to {}; `runicd policy show` shows it",
    errors.BAD_POLICY: "the policy is wrong at {}: {}; `runicd policy set` replaces it",
}


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
    if code == errors.REFUSED and reasons:
        return "; ".join([sentence(reason[0], reason[1:]) for reason in reasons])
    if code == errors.WENT_BACK and len(arguments) == 5:
        # Its last ones are the error that the newer version ended in.
        arguments = list(arguments[:3]) + [_told(arguments[3], arguments[4])]
    if code == errors.UNKNOWN_KEY and len(arguments) == 1:
        arguments = list(arguments) * 2
    text = _TEXTS.get(code) if isinstance(code, int) else None
    if text is None or text.count("{}") > len(arguments):
        return "error %s %s" % (code, " ".join([str(argument) for argument in arguments]))
    return text.format(*arguments)


def _told(code: object, arguments: object) -> str:
    is_told = isinstance(code, int) and isinstance(arguments, (list, tuple))
    return sentence(code, arguments) if is_told else str(code)  # type: ignore[arg-type]


def _is_reason(value: "list[object] | tuple[object, ...]") -> bool:
    return len(value) > 0 and isinstance(value[0], int)
