"""Models in bytes that are no Rune's, found as a board finds them (CPython and MicroPython)."""

from hashlib import sha256

from runicos.pointer import names, read
from runicos.shared import digest_of, stretches
from runicos.sharing import find

# Larger than a block; the first one leaves a gap where it is passed over, the other none.
MODELS = (b"\x01m" * 2600 + b"\x01", b"\x02mn." * 2048)


def with_model(content, which, offset):
    """Return bytes with a model put in at an offset, a multiple of 16."""
    return content[:offset] + MODELS[which] + content[offset:]


def models_in(data):
    """Return [offset, length, SHA-256] of each, by offset, as a host tells a board."""
    found = []
    for model in MODELS:
        at = data.find(model)
        if at >= 0 and at % 16 == 0:
            found.append([at, len(model), sha256(model).digest()])
    return sorted(found)


class Runes:
    """The Runes of a store, as far as the search looks at them; to be closed."""

    def __init__(self, store):
        self.store = store
        self.by_name = {}
        for name in names(store):
            if read(store, name) is not None:
                self.by_name[name] = Rune(store, name)

    def close(self):
        for rune in self.by_name.values():
            rune.body.close()


class Rune:
    """A Rune on flash, its models known as if it had been read."""

    def __init__(self, store, name):
        self.name = name
        self.body = store.open(name)
        self.sha256 = digest_of(self.body.parts)
        self.slot = Slot(self.body.parts)


class Slot:
    """What of a file's slot the search looks at."""

    def __init__(self, parts):
        found = models_in(b"".join([bytes(part) for part in parts]))
        self.parts = parts
        self.models = [stretches(parts, at, length)[0] for at, length, _ in found]
        self.manifest = Manifest(found)


class Manifest:
    """What of a manifest the search looks at."""

    def __init__(self, found):
        self.models = [{"section": at, "sha256": one[2]} for at, one in enumerate(found)]


def finder(store, data):
    """Return what `Upload.begin` asks what a file shares."""

    def shared():
        runes = Runes(store)
        try:
            return find(runes, len(data), models_in(data))
        finally:
            runes.close()

    return shared
