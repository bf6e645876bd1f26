"""CMSIS-NN's counts of the networks' layers, where somebody has put them beside the repository."""

import re
from dataclasses import dataclass
from pathlib import Path

from runicd.model.facts import op_macs
from runicd.model.read_tflite import Model, Op

ROOT = Path(__file__).parents[1]
FOLDER = ROOT.parent / "shared" / "bench"
# The networks' names there, by the names of their models' files.
NETWORKS = {
    "sine_int8": "sine",
    "kws_ref_model": "kws",
    "vww_96_int8": "vww",
    "ic_resnet8_int8": "ic",
    "ad01_int8": "ad",
}
_KINDS = {"CONV_2D": "conv", "DEPTHWISE_CONV_2D": "dw", "FULLY_CONNECTED": "fc"}
_LAYER = re.compile(
    r"^(?P<net>\w+?)_(?P<kind>conv|dw|pw|fc)[^_]*_(?P<channels>\d+)\S*\s+(?P<macs>\d+)\s+\d+"
    r"\s+\d+\s+[\d.]+\s+(?P<instructions>\d+)",
    re.MULTILINE,
)
_TOTAL = re.compile(r"^TOTAL (?P<net>\w+)\s.* nn=(?P<instructions>\d+)", re.MULTILINE)

# What tells a layer from the others of a network: kind, input channels, MACs.
Key = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Known:
    """Instructions of one network on one core: of all layers with weights, and of each."""

    total: int
    layers: dict[Key, int]


def read(core: str, network: str, folder: Path = FOLDER) -> Known | None:
    """Return what is known of a network on a core, or None where nothing is."""
    path = folder / f"cmsis_nn_v7_{core}.txt"
    name = NETWORKS.get(network)
    if name is None or not path.is_file():
        return None
    text = path.read_text()
    totals = {found["net"]: int(found["instructions"]) for found in _TOTAL.finditer(text)}
    layers = {}
    for found in _LAYER.finditer(text):
        if found["net"] == name:
            kind = "conv" if found["kind"] == "pw" else found["kind"]
            key = (kind, int(found["channels"]), int(found["macs"]))
            layers[key] = int(found["instructions"])
    return Known(totals[name], layers)


def key(model: Model, op: Op) -> Key:
    """Return what a layer is found by."""
    return _KINDS[op.name], model.tensors[op.inputs[0]].shape[-1], op_macs(model, op)
