"""Trains the model of sine and sine_int8: the fraction of a turn, 0 to 1, to that angle's sine.

    python train.py            train, write both models, both golden.json and sine_int8/samples
    python train.py --check    measure the committed models again

Needs the `[train]` extra (and `[dev]`, whose tflite-micro runs the models).
"""

from __future__ import annotations

import argparse
import json
import struct
from pathlib import Path

try:
    import torch
except ModuleNotFoundError:
    raise SystemExit("train.py: torch is not installed; run `make setup-train`") from None

import numpy as np
from numpy.typing import NDArray
from tflite_micro.python.tflite_micro.runtime import Interpreter
from torch import nn

from runicd.model.from_torch import check_same, layers_from_torch
from runicd.model.layers import Floats, float_tflite
from runicd.model.quantise import Scale, quantise, to_int8
from runicd.model.read_tflite import read_tflite

HERE = Path(__file__).parent
FLOAT_MODEL = HERE / "sine_float.tflite"
INT8_HOME = HERE.with_name("sine_int8")
INT8_MODEL = INT8_HOME / "sine_int8.tflite"
SAMPLES = INT8_HOME / "samples"
SAMPLE_TURNS = (0.0, 0.125, 0.25, 0.5, 0.75)
TURNS = np.linspace(0, 1, 1001, dtype=np.float32)[:, None]
STEPS = 6000


def network() -> nn.Sequential:
    """Two hidden layers of 16."""
    return nn.Sequential(
        nn.Linear(1, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1)
    )


def train() -> nn.Sequential:
    """Fit the sine over a whole turn, always alike."""
    torch.manual_seed(1)
    torch.set_num_threads(1)
    model, inputs = network(), torch.from_numpy(TURNS)
    targets = torch.sin(2 * torch.pi * inputs)
    optimiser = torch.optim.Adam(model.parameters(), 1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    for _ in range(STEPS):
        optimiser.zero_grad()
        nn.functional.mse_loss(model(inputs), targets).backward()
        optimiser.step()
        schedule.step()
    return model.eval()


def values(path: Path, turns: Floats) -> Floats:
    """What TensorFlow Lite Micro computes of `turns`, in float32 whatever the model's type."""
    data = path.read_bytes()
    model = read_tflite(data)
    source, result = model.tensors[model.inputs[0]], model.tensors[model.outputs[0]]
    interpreter = Interpreter.from_bytes(data, arena_size=1 << 14)
    computed = []
    for turn in turns:
        interpreter.set_input(_encode(turn, source.scale, source.zero_point), 0)
        interpreter.invoke()
        computed.append(interpreter.get_output(0)[0])
    raw = np.array(computed, np.float32)
    return (raw - result.zero_point) * np.float32(result.scale) if result.scale else raw


def _encode(turn: Floats, scale: float, zero_point: int) -> NDArray[np.float32 | np.int8]:
    return to_int8(turn, Scale(scale, zero_point))[None] if scale else turn[None]


def report() -> None:
    """Print how far each model is from the sine."""
    wanted = np.sin(2 * np.pi * TURNS.astype(np.float64))
    for path in (FLOAT_MODEL, INT8_MODEL):
        error = np.abs(values(path, TURNS) - wanted)
        print(f"{path.name} error: mean {error.mean():.4f}, largest {error.max():.4f}")


def write_golden() -> None:
    """Write what TensorFlow Lite Micro computes of one angle, for the boards' self-tests."""
    for path, name, given in ((FLOAT_MODEL, "random", 1 << 29), (INT8_MODEL, "turn", 0.125)):
        turn = np.array([[0.125]], np.float32)
        expected = float(values(path, turn)[0, 0])
        vector = {"inputs": {name: [given]}, "outputs": {"serial": [expected]}}
        text = json.dumps([vector], indent=2)
        path.with_name("golden.json").write_text(f"{text}\n", "utf-8")


def write_samples() -> None:
    """Write raw inputs, one f32 each: `turn_0.25.raw` and so on."""
    SAMPLES.mkdir(exist_ok=True)
    for turn in SAMPLE_TURNS:
        (SAMPLES / f"turn_{turn:g}.raw").write_bytes(struct.pack("<f", turn))


def main() -> None:
    """Train or check."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="measure the models as they are")
    if not parser.parse_args().check:
        model = train()
        layers = layers_from_torch(model, torch.from_numpy(TURNS[:1]))
        assert check_same(model, layers, torch.from_numpy(TURNS)) < 1e-5
        FLOAT_MODEL.write_bytes(float_tflite(layers, (1,), "sine"))
        INT8_MODEL.write_bytes(quantise(layers, TURNS, "sine"))
        write_golden()
        write_samples()
    report()


if __name__ == "__main__":
    main()
