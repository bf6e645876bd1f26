"""Container: a Grant and its slot become a Rune that can be called, in the native modules' hands.

Built here, run in C: one `call` is one call into the sandbox, which calls the stages natively.
"""

import gc

import dsp
import rune as native
import wasm3

from runicos.contract.checked_manifest import OUTPUT_KINDS
from runicos.contract.errors import (
    CALL_FAILED,
    CAPABILITY_FAILED,
    IMPORT_NOT_GRANTED,
    RAM_SHORT,
    TRAP,
    WASM_REFUSED,
    Refused,
    RuneError,
)
from runicos.host_api import ManifestHost
from runicos.modules import unload_loading
from runicos.shortage import asked_bytes
from runicos.telemetry import stage_rows

# The longest that `_debug` passes on.
_LOG_MESSAGE_BYTES = 1024
# What quota.h counts denials of, in its order.
_DENIALS = ("capability rate", "output rate", "log rate")
# What any Rune may import; the rest depends on what its Grant names.
_ALWAYS = ("env._debug",)
_CAPABILITY_IMPORTS = ("env.request_capability", "env.request_capability_set_param")
_OUTPUT_IMPORTS = ("env.request_output",)
_PIPELINE_IMPORTS = ("runic.model_open", "runic.run")


class Container:
    """A loaded Rune. Only `build` and `original.build` make one."""

    def __init__(self, name: str, period_ms: int, ram_bytes: int, granted: "list[str]") -> None:
        self._name = name
        self.period_ms = period_ms
        self.ram_bytes = ram_bytes
        self.granted = granted
        self.ring: object = None
        self.native: object = None
        self.pipeline: object = None
        self.manifest: object = None
        self.pointer_bytes = 0
        self.goldens: "list[memoryview]" = []
        self.stages: "list[tuple[str, str]]" = []
        self.runtimes: "list[object]" = []
        self.set_up_ms = 0  # what its own code took of a start
        self.parts: "list[object]" = []  # models and blocks

    def call(self, count: int, requested: bool = True) -> None:
        """Run `_call` that many times; raises what fails in it, see `explain`.

        The Rune's rates bind each requested call by itself, all others together.
        """
        self.native.call(count, requested)

    def denials(self, before: "dict[str, int] | None") -> "dict[str, int] | None":
        """Return how often it was denied what, with what was counted before it was loaded."""
        for kind, count in zip(_DENIALS, self.native.denials):
            if count:
                before = {} if before is None else before
                before[kind] = before.get(kind, 0) + count
        return before

    @property
    def calls(self) -> int:
        """Return how many calls went well since it was loaded."""
        return self.native.calls

    def self_test(self) -> str:
        """Run the golden vectors; "passed", or "none". Raises RuneError."""
        if self.pipeline is None:
            return "none"
        from runicos.golden import run

        # Statistics are of calls: what the test takes is none of theirs.
        self.pipeline.timing = False
        try:
            return run(self.manifest, self.goldens, self.pipeline)
        except (RuneError, KeyboardInterrupt):
            raise
        except Exception as error:
            raise self.explain(error, 0)
        finally:
            self.pipeline.timing = True
            unload_loading()

    def explain(self, error: Exception, call_number: int) -> RuneError:
        """Return the numbered error for whatever `call` raised."""
        if isinstance(error, RuneError):
            return error
        if isinstance(error, (wasm3.Trap, native.GuestError)):
            return RuneError(TRAP, str(error), call_number)
        kind, name = self._stage_of(error)
        text = str(error.args[1] if isinstance(error, native.StageError) else error)
        code = CAPABILITY_FAILED if kind == "capability" else CALL_FAILED
        return RuneError(code, name, text or type(error).__name__)

    def _stage_of(self, error: Exception) -> "tuple[str, str]":
        """Return (kind, name) of the stage that failed; original Runes have none."""
        if self.pipeline is None or not self.stages:
            return ("capability" if isinstance(error, OSError) else ""), self._name
        return self.stages[self.pipeline.stage]

    def statistics(self) -> "dict[str, object]":
        """Return times for each stage and what the Rune's memory is made of."""
        marks = [native.high_water(runtime) for runtime in self.runtimes]
        return {
            "stages": [] if self.pipeline is None else self._stage_rows(),
            "dropped": self.ring.dropped,
            "fuel": [sum([each.spent for each in self.runtimes]), self.runtimes[-1].fuel],
            "memory": {"ram_bytes": self.ram_bytes},
            "most": {
                "wasm_stack": sum([mark[0] for mark in marks]),
                "wasm_memory": sum([mark[1] for mark in marks]),
                "ring": self.ring.most_bytes,
            },
            "saga": memoryview((self.pipeline or self.native).saga),
        }

    def _stage_rows(self) -> "list[dict[str, object]]":
        from runicos.contract import memory

        rows = stage_rows(self.stages, self.pipeline.ticks)
        for row, (kind, index) in zip(rows, self.manifest.stages):
            row["ram_bytes"] = memory.stage_bytes(self.manifest, kind, index, self.pointer_bytes)
        return rows

    def close(self) -> None:
        """Let all memory go; the container cannot be used any more.

        Raises wasm3.Error, nothing having changed, while a call runs.
        """
        for runtime in reversed(self.runtimes):
            runtime.close()
        self.runtimes = []
        for user in (self.native, self.pipeline):
            if user is not None:
                user.close()
        for part in self.parts:
            part.close()
        self.parts = []
        if self.ring is not None:
            self.ring.close()
        self.native = self.pipeline = self.ring = None


def build(grant: object, slot: object, board: object, note: object) -> Container:
    """Return the Container of a granted Rune, `_manifest()` done. Raises RuneError."""
    manifest = grant.manifest
    granted = sorted(set(grant.capabilities + grant.outputs))
    container = Container(manifest.name, manifest.period_ms, grant.ram_bytes, granted)
    container.manifest = manifest
    container.pointer_bytes = grant.pointer_bytes
    container.goldens = slot.goldens
    container.stages = [
        (kind, _record(manifest, kind, at)["name"]) for kind, at in manifest.stages
    ]
    try:
        container.ring = native.Ring(grant.ring_bytes)
        _make_pipeline(container, slot, board)
        _make_instance(container, slot, grant, board, note)
    except Exception as error:
        raise refusal(error, container)
    native.heap()
    return container


def _record(manifest: object, kind: str, index: int) -> "dict[str, object]":
    lists = {
        "capability": manifest.capabilities,
        "block": manifest.blocks,
        "model": manifest.models,
        "output": manifest.outputs,
    }
    return lists[kind][index]


# ---- The pipeline


def _tensors(manifest: object) -> "tuple[tuple[object, ...], ...]":
    rows = [
        (tensor["type"], tuple(tensor["dims"]), tensor["bytes"], tensor["offset"])
        for tensor in manifest.tensors
    ]
    return tuple(rows)


def _make_pipeline(container: Container, slot: object, board: object) -> None:
    manifest = container.manifest
    container.pipeline = native.Pipeline(_tensors(manifest), manifest.arena_bytes)
    container.pipeline.timing = True
    for (kind, index), (_, name) in zip(manifest.stages, container.stages):
        native.feed()
        try:
            _ADDERS[kind](container, slot, board, index)
        except (RuneError, MemoryError, wasm3.Trap):
            raise
        except wasm3.Error as error:
            raise RuneError(WASM_REFUSED, "block %s: %s" % (name, error))
        except Exception as error:
            raise RuneError(CALL_FAILED, name, str(error))
    container.pipeline.saga = native.Saga(container.pipeline)


def _add_capability(container: Container, slot: object, board: object, index: int) -> None:
    capability = container.manifest.capabilities[index]
    try:
        driver = board.capability(capability["kind"], capability["params"])
    except (OSError, ValueError) as error:
        raise RuneError(CAPABILITY_FAILED, capability["name"], str(error))
    rate = rate_of(board, "reads_per_s", capability.get("reads_per_s"), 1)
    container.pipeline.add_capability(driver, capability["tensor"], rate)


def _add_block(container: Container, slot: object, board: object, index: int) -> None:
    from runicos.declared import check_block

    block = container.manifest.blocks[index]
    inputs, outputs = tuple(block["inputs"]), tuple(block["outputs"])
    if "section" in block:
        module = _custom_module(container, block, slot, board)
        container.pipeline.add_custom(module, inputs, outputs, tuple(block["addresses"]))
    else:
        types = _types(container.manifest, inputs), _types(container.manifest, outputs)
        made = dsp.Block(block["block"], block["args"], types[0], types[1])
        container.parts.append(made)
        check_block(made, block)
        container.pipeline.add_block(made, inputs, outputs)


def _types(manifest: object, tensors: "tuple[int, ...]") -> "tuple[tuple[str, tuple], ...]":
    found = [manifest.tensors[tensor] for tensor in tensors]
    return tuple([(tensor["type"], tuple(tensor["dims"])) for tensor in found])


def _custom_module(
    container: Container, block: "dict[str, object]", slot: object, board: object
) -> object:
    """Load a custom block: an instance of its own, without imports; its arguments are set."""
    from runicos.metering import set_up

    runtime = _runtime(container, board, block["stack_bytes"], block["memory_bytes"])
    module = runtime.load(slot.blocks[block["section"]])
    for imported in module.imports:
        name = "%s.%s by block %s" % (imported[0], imported[1], block["name"])
        raise RuneError(IMPORT_NOT_GRANTED, name)
    for key, value in block["args"].items():
        set_up(container, runtime, module.find("set_" + key), value)
    return module


def _add_model(container: Container, slot: object, board: object, index: int) -> None:
    from runicos.declared import check_model, open_model

    model = container.manifest.models[index]
    inputs, outputs = tuple(model["inputs"]), tuple(model["outputs"])
    types = _types(container.manifest, inputs), _types(container.manifest, outputs)
    loaded = open_model(model["name"], slot.models[model["section"]], types[0], types[1])
    container.parts.append(loaded)
    check_model(loaded, container.manifest, index, container.pointer_bytes)
    container.pipeline.add_model(loaded, inputs, outputs)


def _add_output(container: Container, slot: object, board: object, index: int) -> None:
    manifest = container.manifest
    output = manifest.outputs[index]
    # Ids are given in the order capabilities, models, outputs, from 1.
    channel = len(manifest.capabilities) + len(manifest.models) + index + 1
    kind = OUTPUT_KINDS.index(output["kind"]) + 1
    rate = rate_of(board, "output_bytes_per_s", output.get("bytes_per_s"), output["bytes"])
    inputs = tuple(output["inputs"])
    container.pipeline.add_output(kind, channel, container.ring, inputs, rate)


def rate_of(board: object, name: str, stated: "int | None", unit: int) -> "tuple[int, int]":
    """Return what native code takes for a rate: that which a Rune states, or the board's."""
    from runicos.limits import limit

    return limit(board, name) if stated is None else stated, unit


def limit_log(container: Container, board: object, stated: "int | None") -> None:
    """Limit what a Rune may log; its longest message comes through at once."""
    rate = rate_of(board, "log_bytes_per_s", stated, _LOG_MESSAGE_BYTES)
    container.native.limit_log(rate)


_ADDERS = {
    "capability": _add_capability,
    "block": _add_block,
    "model": _add_model,
    "output": _add_output,
}


# ---- The sandbox


def _make_instance(
    container: Container, slot: object, grant: object, board: object, note: object
) -> None:
    from runicos.metering import set_up
    from runicos.sections import loaded

    manifest = container.manifest
    stack_bytes, memory_bytes = manifest.wasm_stack_bytes, manifest.wasm_memory_bytes
    runtime = _runtime(container, board, stack_bytes, memory_bytes)
    module = runtime.load(loaded(slot.parts))
    host = ManifestHost(manifest, note)
    container.native = native.Container(module, host, linked(module, _imports(grant)))
    limit_log(container, board, manifest.log_bytes_per_s)
    set_up(container, runtime, container.native.manifest)
    host.finish()
    # Not before: a Rune that is not admitted yet must not read its sensors.
    container.native.pipeline = container.pipeline


def _imports(grant: object) -> "tuple[str, ...]":
    asked = _CAPABILITY_IMPORTS if grant.capabilities else ()
    return _ALWAYS + _PIPELINE_IMPORTS + asked + (_OUTPUT_IMPORTS if grant.outputs else ())


def linked(module: object, granted: "tuple[str, ...]") -> "tuple[str, ...]":
    """Return the module's imports, all of them granted. Raises RuneError for any other."""
    wanted = tuple(["%s.%s" % (imported[0], imported[1]) for imported in module.imports])
    for name in wanted:
        if name not in granted:
            raise RuneError(IMPORT_NOT_GRANTED, name)
    return wanted


def _runtime(container: Container, board: object, stack_bytes: int, memory_bytes: int) -> object:
    """Return a sandbox whose calls end: nothing of a Rune runs without limits."""
    from runicos.metering import set_limits

    runtime = wasm3.Runtime(stack_bytes, memory_bytes, wasm3.RUNE)
    container.runtimes.append(runtime)
    set_limits(runtime, board, container.manifest.call_ms)
    return runtime


# ---- Errors


def refusal(error: Exception, container: Container) -> RuneError:
    """Return the numbered error for whatever loading raised; the container is closed."""
    told = _refusal(error, container)
    container.close()
    return told


def _refusal(error: Exception, container: Container) -> RuneError:
    if isinstance(error, MemoryError):
        container.close()
        gc.collect()
        free, needed = _available_bytes(container), container.ram_bytes
        if needed <= free:
            # They are there in sum, but not in one piece, or the estimate was too low.
            needed = free + max(1, needed - free, asked_bytes(error))
        return Refused([(RAM_SHORT, needed - free, needed, free)])
    if isinstance(error, (RuneError, wasm3.Trap, native.GuestError)):
        return container.explain(error, 0)
    return RuneError(WASM_REFUSED, str(error))


def _available_bytes(container: Container) -> int:
    """Return what admission counts as available for this Rune."""
    from runicos.contract import admission, memory

    held = 0
    if container.manifest is not None:
        held = memory.manifest_bytes(container.manifest, container.pointer_bytes)
    return max(0, gc.mem_free() + held - admission.SERVICE_BYTES)
