"""Which of two releases comes first: semantic versioning's order, for host and board.

    0.9.0 < 1.0.0-alpha < 1.0.0-alpha.1 < 1.0.0-beta.2 < 1.0.0-beta.11 < 1.0.0 < 1.0.1

What stands behind `+` does not count. One number or two are a version as well, with zeros for
those that are missing. All else is no version: it comes before every version, and of two such
neither is before the other.
"""

_LETTERS_MAX = 64


def is_before(release: str, other: str) -> bool:
    """Say whether a release comes before another one."""
    return _key(release) < _key(other)


def is_version(release: str) -> bool:
    """Say whether a release has a place in the order at all."""
    return _key(release)[0] == 1


def _key(release: str) -> "tuple[int, list[int], list[tuple[int, int, str]]]":
    """Return what orders a release among others; the first number is 0 for no version."""
    none: "tuple[int, list[int], list[tuple[int, int, str]]]" = (0, [], [])
    if len(release) > _LETTERS_MAX:
        return none
    version = release.split("+", 1)[0]
    numbers, *behind = version.split("-", 1)
    core = numbers.split(".")
    if len(core) > 3 or not all([_is_number(one) for one in core]):
        return none
    marks = behind[0].split(".") if behind else []
    if not all([_is_mark(one) for one in marks]):
        return none
    places = [int(one) for one in core] + [0] * (3 - len(core))
    # A version without marks comes after all that have some.
    return 1, places, [_place(one) for one in marks] or [(2, 0, "")]


def _place(mark: str) -> "tuple[int, int, str]":
    """Return what orders a mark: numbers by their value, before all texts."""
    return (0, int(mark), "") if _is_number(mark) else (1, 0, mark)


def _is_number(text: str) -> bool:
    return bool(text) and all([48 <= byte <= 57 for byte in text.encode()])


def _is_mark(text: str) -> bool:
    return bool(text) and all([_is_letter(byte) for byte in text.encode()])


def _is_letter(byte: int) -> bool:
    return 48 <= byte <= 57 or 65 <= byte <= 90 or 97 <= byte <= 122 or byte == 45
