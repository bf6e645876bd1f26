"""A slot: a Rune's file, read where it lies; sections.py reads one.

Apart from the reading, because a board keeps this as long as it has a Rune.
"""


class Slot:
    """A Rune's file in parts, read. `manifest` is None for Runes of the original toolchain."""

    def __init__(self, parts: "tuple[memoryview, ...]") -> None:
        self.parts = parts
        self.manifest = None
        self.memory_pages = 0
        self.exports: "dict[str, int]" = {}
        self.models: "list[memoryview]" = []
        self.blocks: "list[memoryview]" = []
        self.goldens: "list[memoryview]" = []
        self.resources: "dict[str, memoryview]" = {}

    def sha256(self) -> bytes:
        """Return the hash of the whole file."""
        from runicos.shared import digest_of

        return digest_of(self.parts)


def short_hash(digest: bytes) -> str:
    """Return a hash's beginning, enough to tell two apart."""
    return "".join(["%02x" % byte for byte in digest[:6]])
