"""What a Rune of the original toolchain may ask of the board while `_manifest()` runs.

RecordingHost writes down what is asked for and refuses what this board does not have.
"""

from micropython import const

from runicos.contract.checked_manifest import CAPABILITY_KINDS, OUTPUT_KINDS
from runicos.contract.errors import (
    MANIFEST_MISMATCH,
    MODEL_REFUSED,
    NO_CAPABILITY,
    NO_OUTPUT,
    RuneError,
)
from runicos.host_api import NOTHING, Host, kind_name, value_of

_TFLITE = "application/tflite-model"
_OPEN_MAX = const(16)
# More than any Rune asks for: what is written down takes RAM that nobody has counted.
_ASKED_MAX = const(32)
_PARAMS_MAX = const(16)


class RecordingHost(Host):
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
        self._sealed = False

    def seal(self) -> None:
        """`_manifest()` is done: nothing more is given out."""
        self._sealed = True

    def _expect_open(self, what: str, name: str) -> None:
        asked = len(self.capabilities) + len(self.models) + len(self.outputs)
        if self._sealed or asked >= _ASKED_MAX:
            raise RuneError(MANIFEST_MISMATCH, "%s %s" % (what, name), NOTHING)

    def request_capability(self, kind: int) -> int:
        """Write down a capability."""
        offered = self._facts["capabilities"]
        name = kind_name(CAPABILITY_KINDS, kind)
        self._expect_open("capability", name)
        if name not in offered:
            raise RuneError(NO_CAPABILITY, name, ", ".join(sorted(offered)))
        number = self.next_id()
        self.capabilities[number] = (name, {})
        return number

    def set_param(self, capability: int, key: str, value: bytes, value_type: int) -> None:
        """Write down a capability's parameter; the last value counts."""
        key = key.replace("-", "_")
        if self._sealed:
            raise RuneError(MANIFEST_MISMATCH, "parameter " + key, NOTHING)
        if capability not in self.capabilities:
            raise RuneError(
                MANIFEST_MISMATCH, "a parameter of %d" % capability, "no such capability"
            )
        params = self.capabilities[capability][1]
        if len(params) >= _PARAMS_MAX:
            raise RuneError(MANIFEST_MISMATCH, "parameter " + key, NOTHING)
        params[key] = value_of(value, value_type)

    def model_load(self, mime: str, model: memoryview, inputs: object, outputs: object) -> int:
        """Load a model out of linear memory, where it may move: it is copied."""
        self._expect_open("model", mime)
        number = self.next_id()
        if mime != _TFLITE:
            raise RuneError(MODEL_REFUSED, number, "%s is no %s" % (mime, _TFLITE))
        self.models[number] = self._open_model(str(number), bytes(model), inputs, outputs)
        return number

    def request_output(self, kind: int) -> int:
        """Write down an output."""
        offered = self._facts["outputs"]
        name = kind_name(OUTPUT_KINDS, kind)
        self._expect_open("output", name)
        if name not in offered:
            raise RuneError(NO_OUTPUT, name, ", ".join(offered))
        number = self.next_id()
        self.outputs[number] = name
        return number

    def resource_open(self, name: str) -> int:
        """Open a resource."""
        return self._resources.open(self.next_id(), name)

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
        """Open a resource as `number`; -1 when there is none of that name, or 16 are open."""
        if name not in self._contents or len(self._open) >= _OPEN_MAX:
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
