"""What a key may sign: the limits of `keys trust`, from the command line and in words."""

from __future__ import annotations

from runicd.errors import UsageError
from runicos.contract.checked_manifest import CAPABILITY_KINDS
from runicos.contract.rune_manifest import is_name


def patterns_of(text: str | None) -> list[str] | None:
    """Return the patterns of --runes, None for no limit. Raises UsageError."""
    found = _words("--runes", text)
    for pattern in found or ():
        # A star may stand for nothing, or for what a name begins with.
        if not (is_name(pattern.replace("*", "")) or is_name(pattern.replace("*", "a"))):
            remedy = "use a-z, 0-9, '_', '.', '-', and '*' for anything"
            raise UsageError(f"--runes: no Rune's name is like {pattern!r}", remedy=remedy)
    return found


def capabilities_of(text: str | None) -> list[str] | None:
    """Return the kinds of --capabilities, None for no limit. Raises UsageError."""
    found = _words("--capabilities", text)
    for kind in found or ():
        if kind not in CAPABILITY_KINDS:
            remedy = f"the kinds are {', '.join(CAPABILITY_KINDS)}"
            raise UsageError(f"--capabilities: there is no kind {kind}", remedy=remedy)
    return found


def in_words(runes: list[str] | None, capabilities: list[str] | None) -> str:
    """Return what a key with these limits may do, as a sentence's part."""
    if runes is None and capabilities is None:
        return "an owner's, without limits"
    names = "for all Runes" if runes is None else f"only for Runes named {', '.join(runes)}"
    if capabilities is None:
        return f"{names}, with all capabilities"
    return f"{names}, with no capability but {', '.join(capabilities)}"


def _words(option: str, text: str | None) -> list[str] | None:
    if text is None:
        return None
    words = [word.strip() for word in text.split(",")]
    if not all(words):
        raise UsageError(f"{option}: an entry is empty", remedy="leave it out where all are meant")
    return words
