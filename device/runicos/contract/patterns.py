"""Patterns of Runes' names, as policies and keys have them."""


def matches(pattern: str, name: str) -> bool:
    """Say whether a name is one of a pattern's, in which `*` stands for anything."""
    parts = pattern.split("*")
    if len(parts) == 1:
        return pattern == name
    if not name.startswith(parts[0]):
        return False
    at = len(parts[0])
    for part in parts[1:-1]:
        at = name.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return name.endswith(parts[-1]) and len(name) - len(parts[-1]) >= at
