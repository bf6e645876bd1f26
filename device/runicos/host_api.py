"""What a Rune may ask of the board while `_manifest()` runs: the cold host functions.

ManifestHost holds a Rune to its manifest; original_host.py has the one with the same interface
for Runes of the original toolchain. Ids come from one counter from 1, in the order of asking.
"""

import json
from struct import unpack

from runicos import log
from runicos.contract.checked_manifest import CAPABILITY_KINDS, OUTPUT_KINDS
from runicos.contract.errors import MANIFEST_MISMATCH, RuneError

# By the number of a value's type; "" where there is none.
_VALUE_FORMATS = ("", "<i", "<f", "", "", "<B", "<h", "<b")
NOTHING = "nothing more"
# By their numbers in log.py.
_LEVELS = ("ERROR", "WARN", "INFO")


class Host:
    """What both hosts do: number what is asked for, pass on what the Rune says."""

    def __init__(self, name: str, note: object) -> None:
        self._name = name
        self._note = note
        self._last_id = 0

    def next_id(self) -> int:
        """Return the number of what is asked for next."""
        self._last_id += 1
        return self._last_id

    def debug(self, message: "bytes | memoryview") -> None:
        """Log what the Rune says: the original's JSON record, or plain text."""
        level, text = _told(_text(message))
        self._note(level, self._name, text)


def _told(text: str) -> "tuple[int, str]":
    """Return the level and the message of a JSON record; plain text is as good."""
    try:
        record = json.loads(text)
        name, message = record["level"], str(record["message"])
    except (ValueError, KeyError, TypeError):
        return log.DEBUG, text
    return _LEVELS.index(name) if name in _LEVELS else log.DEBUG, message


class ManifestHost(Host):
    """Admits exactly what the manifest declares, in its order."""

    def __init__(self, manifest: object, note: object) -> None:
        super().__init__(manifest.name, note)
        self._manifest = manifest
        self._capabilities = 0
        self._models = 0
        self._outputs = 0
        self._params: "dict[int, dict[str, object]]" = {}

    def request_capability(self, kind: int) -> int:
        """Admit the manifest's next capability."""
        declared = self._manifest.capabilities
        says = _at(declared, self._capabilities, "kind")
        _expect("capability %s" % kind_name(CAPABILITY_KINDS, kind), "capability %s" % says)
        number = self.next_id()
        self._params[number] = dict(declared[self._capabilities]["params"])
        self._capabilities += 1
        return number

    def set_param(self, capability: int, key: str, value: bytes, value_type: int) -> None:
        """Admit a parameter that the manifest declares, with its value."""
        key = key.replace("-", "_")
        expected = self._params.get(capability, {})
        asked = value_of(value, value_type)
        if expected.pop(key, None) != asked:
            raise RuneError(MANIFEST_MISMATCH, "%s = %s" % (key, asked), "otherwise")

    def model_open(self, index: int) -> int:
        """Admit the manifest's next model."""
        is_there = self._models < len(self._manifest.models)
        _expect("model %d" % index, "model %s" % (self._models if is_there else NOTHING))
        self._models += 1
        return self.next_id()

    def request_output(self, kind: int) -> int:
        """Admit the manifest's next output."""
        says = _at(self._manifest.outputs, self._outputs, "kind")
        _expect("output %s" % kind_name(OUTPUT_KINDS, kind), "output %s" % says)
        self._outputs += 1
        return self.next_id()

    def finish(self) -> None:
        """Check that everything the manifest declares was asked for."""
        manifest = self._manifest
        for what, asked, declared in (
            ("capabilities", self._capabilities, len(manifest.capabilities)),
            ("models", self._models, len(manifest.models)),
            ("outputs", self._outputs, len(manifest.outputs)),
        ):
            _expect("%d %s" % (asked, what), "%d %s" % (declared, what))
        for params in self._params.values():
            for key in params:
                raise RuneError(MANIFEST_MISMATCH, NOTHING, "parameter %s" % key)


def value_of(value: "bytes | memoryview", value_type: int) -> "int | float":
    """Return a parameter's value (ABI 0.11 encodings). Raises RuneError for a wrong one."""
    form = _VALUE_FORMATS[value_type] if 0 <= value_type < len(_VALUE_FORMATS) else ""
    try:
        return unpack(form, value)[0]
    except (IndexError, ValueError):
        raise RuneError(
            MANIFEST_MISMATCH, "a value of type %d, %d bytes" % (value_type, len(value)), "no such"
        )


def _text(message: "bytes | memoryview") -> str:
    try:
        return str(message, "utf-8")
    except (UnicodeError, ValueError):
        return repr(bytes(message))


def kind_name(names: "tuple[str, ...]", kind: int) -> str:
    """Return the name of a kind's number, which counts from 1."""
    return names[kind - 1] if 0 < kind <= len(names) else "number %d" % kind


def _at(declared: "list[dict[str, object]]", index: int, key: str) -> object:
    return declared[index][key] if index < len(declared) else NOTHING


def _expect(asked: str, says: str) -> None:
    if asked != says:
        raise RuneError(MANIFEST_MISMATCH, asked, says)
