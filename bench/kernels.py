"""Instructions of the kernels of `nn`, beside CMSIS-NN's: `python -m bench.kernels`.

Of each network and core: what the layers with weights execute (CONV_2D, DEPTHWISE_CONV_2D,
FULLY_CONNECTED), as CMSIS-NN's totals are counted, and what the whole call does.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench import cmsis_nn, kernel_runs
from bench.counter import Counts
from bench.report import report
from bench.section import Section
from runicd.model.facts import op_macs
from runicd.model.read_tflite import Model, read_tflite

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "models" / "mlperf_tiny"
_UNKNOWN = "-"


@dataclass(frozen=True, slots=True)
class Measured:
    """One network on one core."""

    network: str
    core: str
    model: Model
    counts: kernel_runs.Measured

    @property
    def weighted(self) -> list[int]:
        """The numbers of the ops that have weights."""
        return [at for at, op in enumerate(self.model.ops) if op_macs(self.model, op)]

    @property
    def layers(self) -> Counts:
        """What all layers with weights execute."""
        return total([self.counts.ops[at] for at in self.weighted])

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one call."""
        return sum(op_macs(self.model, op) for op in self.model.ops)


def total(counts: Sequence[Counts]) -> Counts:
    """Return the sum of counts; loads and stores are None where one is."""
    loads = [each.loads for each in counts if each.loads is not None]
    stores = [each.stores for each in counts if each.stores is not None]
    return Counts(
        sum(each.instructions for each in counts),
        sum(loads) if len(loads) == len(counts) else None,
        sum(stores) if len(stores) == len(counts) else None,
    )


def networks() -> dict[str, Path]:
    """Return the repository's int8 networks, and MLPerf Tiny's where they are, by name."""
    paths = [*sorted((ROOT / "runes").glob("*/*.tflite")), *sorted(SHARED.glob("*.tflite"))]
    return {path.stem: path for path in paths if _is_int8(read_tflite(path.read_bytes()))}


def _is_int8(model: Model) -> bool:
    elements = {model.tensors[op.inputs[0]].element for op in model.ops if op_macs(model, op)}
    return elements == {"i8"}


def inputs(model: Model) -> bytes:
    """Return the bytes of one call's inputs: noise, the same each time."""
    chance = np.random.default_rng(1)
    return b"".join(chance.bytes(model.tensors[index].size_bytes) for index in model.inputs)


def measure(core: str, network: str, path: Path, *, pack: bool = False) -> Measured:
    """Count one call of a network on a core, weights packed or in place. Raises CounterError."""
    data = path.read_bytes()
    model = read_tflite(data)
    return Measured(
        network, core, model, kernel_runs.measure(core, data, inputs(model), pack=pack)
    )


def _ratio(one: int, other: int | None) -> float | str:
    return one / other if other else _UNKNOWN


def _shown(count: int | None) -> int | str:
    return _UNKNOWN if count is None else count


def summary(measured: Sequence[Measured]) -> Section:
    """Return one row for each network and core."""
    columns = ("network", "core", "layers", "loads", "stores", "per MAC", "CMSIS-NN", "of it")
    rows = []
    for each in measured:
        counts, known = each.layers, cmsis_nn.read(each.core, each.network)
        theirs = None if known is None else known.total
        rows.append(
            (
                *(each.network, each.core, counts.instructions),
                *(_shown(counts.loads), _shown(counts.stores), counts.instructions / each.macs),
                *(_shown(theirs), _ratio(counts.instructions, theirs)),
                each.counts.whole.instructions,
            )
        )
    return Section("Layers with weights: instructions of one call", (*columns, "whole call"), rows)


def layers(each: Measured) -> Section:
    """Return one row for each op of a network on a core."""
    known = cmsis_nn.read(each.core, each.network)
    rows = []
    for at, (op, counts) in enumerate(zip(each.model.ops, each.counts.ops, strict=True)):
        macs = op_macs(each.model, op)
        theirs = known.layers.get(cmsis_nn.key(each.model, op)) if known and macs else None
        shape = "x".join(map(str, each.model.tensors[op.outputs[0]].shape))
        rows.append(
            (
                *(str(at), op.name, shape, macs, counts.instructions, _shown(counts.loads)),
                counts.instructions / macs if macs else _UNKNOWN,
                *(_shown(theirs), _ratio(counts.instructions, theirs)),
            )
        )
    columns = ("op", "name", "output", "MACs", "instructions", "loads", "per MAC", "CMSIS-NN")
    return Section(f"{each.network} on {each.core}", (*columns, "of it"), rows)


def sections(
    cores: Sequence[str], names: Sequence[str], *, each_layer: bool, pack: bool
) -> Iterator[Section]:
    """Yield each table as soon as it is measured."""
    known = networks()
    measured = [measure(core, name, known[name], pack=pack) for name in names for core in cores]
    if each_layer:
        yield from map(layers, measured)
    yield summary(measured)


def main() -> int:
    """Measure and print; 2 when it cannot be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.kernels", description=__doc__)
    parser.add_argument("--core", action="append", choices=list(kernel_runs.BOARDS))
    parser.add_argument("--network", action="append", choices=list(networks()))
    parser.add_argument("--layers", action="store_true", help="each op of each network, too")
    parser.add_argument("--pack", action="store_true", help="with packed weights, as by pack=True")
    parser.add_argument("--json", type=Path, default=Path("build/bench-kernels.json"))
    options = parser.parse_args()
    cores, names = options.core or list(kernel_runs.BOARDS), options.network or list(networks())
    tables = sections(cores, names, each_layer=options.layers, pack=options.pack)
    return report(tables, options.json)


if __name__ == "__main__":
    sys.exit(main())
