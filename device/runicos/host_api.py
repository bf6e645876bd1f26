"""What a Rune may ask of the board while `_manifest()` runs: the cold host functions.

Two hosts with one interface: ManifestHost holds a Rune to its manifest, RecordingHost writes down
what a Rune of the original toolchain asks for and refuses what this board does not have. Ids come
from one counter from 1, in the order of asking.
"""

import json
from struct import unpack

from runicos import log
from runicos.contract.errors import (
    MANIFEST_MISMATCH,
    MODEL_REFUSED,
    NO_CAPABILITY,
    NO_OUTPUT,
    RuneError,
)
from runicos.contract.rune_manifest import CAPABILITY_KINDS, OUTPUT_KINDS

_VALUE_FORMATS = {1: "<i", 2: "<f", 5: "<B", 6: "<h", 7: "<b"}
_NOTHING = "nothing more"
_TFLITE = "application/tflite-model"
_LEVELS = {"ERROR": log.ERROR, "WARN": log.WARNING, "INFO": log.INFO}


class _Host:
    """What both hosts do: number what is asked for, pass on what the Rune says."""

    def __init__(self, name: str, note: object) -> None:
        self._name = name
        self._note = note
        self._last_id = 0

    def _next_id(self) -> int:
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
        return _LEVELS.get(record["level"], log.DEBUG), str(record["message"])
    except (ValueError, KeyError, TypeError):
        return log.DEBUG, text


class ManifestHost(_Host):
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
        _expect("capability %s" % _kind(CAPABILITY_KINDS, kind), "capability %s" % says)
        number = self._next_id()
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
        _expect("model %d" % index, "model %d" % self._models)
        _at(self._manifest.models, index, "name")
        self._models += 1
        return self._next_id()

    def request_output(self, kind: int) -> int:
        """Admit the manifest's next output."""
        says = _at(self._manifest.outputs, self._outputs, "kind")
        _expect("output %s" % _kind(OUTPUT_KINDS, kind), "output %s" % says)
        self._outputs += 1
        return self._next_id()

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
                raise RuneError(MANIFEST_MISMATCH, _NOTHING, "parameter %s" % key)


class RecordingHost(_Host):
    """Writes down what an original Rune asks for; refuses what the board does not offer."""

    def __init__(
        self,
        name: str,
        facts: "dict[str, object]",
        open_model: object,
        resources: "Resources",
        note: object,
    ) -> None:
        super().__init__(name, note)
        self._facts = facts
        self._open_model = open_model
        self._resources = resources
        self.capabilities: "dict[int, tuple[str, dict[str, object]]]" = {}
        self.models: "dict[int, object]" = {}
        self.outputs: "dict[int, str]" = {}

    def request_capability(self, kind: int) -> int:
        """Write down a capability."""
        offered = self._facts["capabilities"]
        name = _kind(CAPABILITY_KINDS, kind)
        if name not in offered:
            raise RuneError(NO_CAPABILITY, name, ", ".join(sorted(offered)))
        number = self._next_id()
        self.capabilities[number] = (name, {})
        return number

    def set_param(self, capability: int, key: str, value: bytes, value_type: int) -> None:
        """Write down a capability's parameter."""
        if capability not in self.capabilities:
            raise RuneError(
                MANIFEST_MISMATCH, "a parameter of %d" % capability, "no such capability"
            )
        self.capabilities[capability][1][key.replace("-", "_")] = value_of(value, value_type)

    def model_load(self, mime: str, model: memoryview, inputs: object, outputs: object) -> int:
        """Load a model out of linear memory, where it may move: it is copied."""
        number = self._next_id()
        if mime != _TFLITE:
            raise RuneError(MODEL_REFUSED, number, "%s is no %s" % (mime, _TFLITE))
        self.models[number] = self._open_model(str(number), bytes(model), inputs, outputs)
        return number

    def request_output(self, kind: int) -> int:
        """Write down an output."""
        offered = self._facts["outputs"]
        name = _kind(OUTPUT_KINDS, kind)
        if name not in offered:
            raise RuneError(NO_OUTPUT, name, ", ".join(offered))
        number = self._next_id()
        self.outputs[number] = name
        return number

    def resource_open(self, name: str) -> int:
        """Open a resource."""
        return self._resources.open(self._next_id(), name)

    def resource_read(self, number: int, buffer: memoryview) -> int:
        """Read what follows of a resource."""
        return self._resources.read(number, buffer)

    def resource_close(self, number: int) -> int:
        """Close a resource."""
        self._resources.close(number)
        return 0


class Resources:
    """A Rune's resources, read like files: `open(name)`, `read(id, buffer)`, `close(id)`."""

    def __init__(self, contents: "dict[str, memoryview]") -> None:
        self._contents = contents
        self._open: "dict[int, tuple[memoryview, int]]" = {}

    def open(self, number: int, name: str) -> int:
        """Open a resource as `number`; -1 when there is none of that name."""
        if name not in self._contents:
            return -1
        self._open[number] = (self._contents[name], 0)
        return number

    def read(self, number: int, buffer: memoryview) -> int:
        """Fill the buffer with what follows; return how much, 0 at the end, -1 when not open."""
        if number not in self._open:
            return -1
        content, at = self._open[number]
        count = min(len(buffer), len(content) - at)
        buffer[:count] = content[at : at + count]
        self._open[number] = (content, at + count)
        return count

    def close(self, number: int) -> None:
        """Close a resource; one that is not open is no matter."""
        self._open.pop(number, None)


def value_of(value: "bytes | memoryview", value_type: int) -> "int | float":
    """Return a parameter's value (ABI 0.11 encodings). Raises RuneError for a wrong one."""
    form = _VALUE_FORMATS.get(value_type, "")
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


def _kind(names: "tuple[str, ...]", kind: int) -> str:
    return names[kind - 1] if 0 < kind <= len(names) else "number %d" % kind


def _at(declared: "list[dict[str, object]]", index: int, key: str) -> object:
    return declared[index][key] if index < len(declared) else _NOTHING


def _expect(asked: str, says: str) -> None:
    if asked != says:
        raise RuneError(MANIFEST_MISMATCH, asked, says)
