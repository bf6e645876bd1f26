"""Runes of the original toolchain (ABI 0.11): everything is imported from `env`.

Such a Rune says what it needs only by asking in `_manifest()`. It asks a recording host, which
refuses what this board does not have; what was asked for is then bound to drivers, models, rings.
"""

import rune as native
import wasm3

from runicos.container import Container, limit_log, linked, rate_of, refusal
from runicos.contract import element
from runicos.contract.checked_manifest import OUTPUT_KINDS
from runicos.contract.errors import CAPABILITY_FAILED, CAPABILITY_RANGE, MODEL_REFUSED, RuneError
from runicos.contract.memory import WASM_PAGE_BYTES
from runicos.declared import check_original, open_model
from runicos.metering import set_limits, set_up
from runicos.original_host import RecordingHost, Resources

_STACK_BYTES = 16_384
_RING_BYTES = 8192
# What such a Rune may put out in a call, however often an owner has it called.
_RECORD_BYTES = 1024
_IMPORTS = (
    "env._debug",
    "env.request_capability",
    "env.request_capability_set_param",
    "env.request_provider_response",
    "env.request_output",
    "env.consume_output",
    "env.rune_model_load",
    "env.rune_model_infer",
    "env.rune_resource_open",
    "env.rune_resource_read",
    "env.rune_resource_close",
    "env.tfm_preload_model",
    "env.tfm_model_invoke",
)


def build(
    rune: object,
    facts: "dict[str, object]",
    ram_bytes: int,
    board: object,
    note: object,
) -> Container:
    """Return the Container of an original Rune, `_manifest()` done. Raises RuneError."""
    name, slot = rune.name, rune.slot
    container = Container(name, 0, ram_bytes, [])
    try:
        container.ring = native.Ring(_RING_BYTES)
        host = RecordingHost(name, facts, _open_model, Resources(slot.resources), note)
        _instantiate(container, slot, host, board)
        _check_grants(board, rune, host)
        _bind(container, host, facts, board)
        check_original(facts["heap_free"])
    except Exception as error:
        raise refusal(error, container)
    return container


def _instantiate(container: Container, slot: object, host: RecordingHost, board: object) -> None:
    from runicos.sections import loaded

    memory_bytes = slot.memory_pages * WASM_PAGE_BYTES
    runtime = wasm3.Runtime(stack_bytes=_STACK_BYTES, memory_bytes=memory_bytes)
    container.runtimes.append(runtime)
    set_limits(runtime, board, 0)
    module = runtime.load(loaded(slot.parts))
    container.native = native.Container(module, host, linked(module, _IMPORTS))
    limit_log(container, board, None)
    # Its start function, if any, has run by now: under limits of its own, as the first of all.
    set_up(container, runtime, container.native.manifest)
    host.seal()
    container.native.saga = native.Saga(None)


def _check_grants(board: object, rune: object, host: RecordingHost) -> None:
    """Raise RuneError unless the board's owner lets a Rune have what it asked for."""
    from runicos.contract.policy import highest
    from runicos.permit import permit

    wanted: "dict[str, dict[str, float]]" = {kind: {} for kind in host.outputs.values()}
    for kind, params in host.capabilities.values():
        most = wanted.setdefault(kind, {})
        for param, value in params.items():
            most[param] = highest(value, most.get(param, value))
    permit(rune, board.flash_root, wanted)


def _bind(
    container: Container, host: RecordingHost, facts: "dict[str, object]", board: object
) -> None:
    for number, (kind, params) in host.capabilities.items():
        _check_range(kind, params, facts["capabilities"][kind])
        try:
            driver = board.capability(kind, params)
        except (OSError, ValueError, KeyError) as error:
            raise RuneError(CAPABILITY_FAILED, kind, str(error))
        rate = rate_of(board, "reads_per_s", None, 1)
        container.native.bind_capability(number, driver, rate)
    for number, model in host.models.items():
        container.parts.append(model)
        container.native.bind_model(number, model)
    for number, kind in host.outputs.items():
        rate = rate_of(board, "output_bytes_per_s", None, _RECORD_BYTES)
        kind_number = OUTPUT_KINDS.index(kind) + 1
        container.native.bind_output(number, kind_number, container.ring, rate)
    kinds = [entry[0] for entry in host.capabilities.values()] + list(host.outputs.values())
    container.granted = sorted(set(kinds))


def _check_range(kind: str, params: "dict[str, object]", ranges: "dict[str, object]") -> None:
    for name, (lowest, highest) in ranges.items():
        if name in params and not lowest <= params[name] <= highest:
            raise RuneError(CAPABILITY_RANGE, kind, name, params[name], lowest, highest)


def _open_model(
    name: str, content: bytes, inputs: "tuple[str, ...]", outputs: "tuple[str, ...]"
) -> object:
    return open_model(name, content, _types(name, inputs), _types(name, outputs))


def _types(name: str, texts: "tuple[str, ...]") -> "tuple[tuple[str, tuple], ...]":
    """Return (type, dims) for texts like `f32[1, 2]`. Raises RuneError."""
    types = []
    for text in texts:
        kind, _, dims = text.partition("[")
        try:
            shape = tuple([int(dim) for dim in dims.rstrip("]").split(",") if dim.strip()])
        except ValueError:
            kind = ""
        if kind.lower() not in element.NAMES:
            raise RuneError(MODEL_REFUSED, name, "%s is no tensor type" % text)
        types.append((kind.lower(), shape))
    return tuple(types)
