"""Trains the gesture Rune's model on synthetic motion (see motion.py) and writes all it needs.

    python train.py            train, write gesture.tflite and samples/
    python train.py --check    measure the committed gesture.tflite again

Needs the `[train]` extra (and `[dev]`, whose tflite-micro runs the int8 model).
"""

from __future__ import annotations

import argparse
from pathlib import Path

try:
    import torch
except ModuleNotFoundError:
    raise SystemExit("train.py: torch is not installed; run `make setup-train`") from None

import numpy as np
from motion import LABELS, SAMPLES, Motion, records
from numpy.typing import NDArray
from tflite_micro.python.tflite_micro.runtime import Interpreter
from torch import nn

from runicd.model.from_torch import check_same, layers_from_torch
from runicd.model.layers import Layer, Reshape, run
from runicd.model.quantise import Scale, quantise, to_int8
from runicd.model.read_tflite import read_tflite

HERE = Path(__file__).parent
MODEL = HERE / "gesture.tflite"
SAMPLE_FOLDER = HERE / "samples"
TRAIN_SEED, TEST_SEED = 1, 2
EPOCHS = 12
# The sensor's range of -4 g to 4 g.
ACCELERATION = Scale(8 / 256, 0)


def network() -> nn.Sequential:
    """f32[n, 3, 128, 1] to scores: three convolutions along time, then the mean of each."""
    return nn.Sequential(
        nn.ZeroPad2d((0, 0, 1, 2)),
        nn.Conv2d(3, 12, (5, 1), stride=(2, 1)),
        nn.BatchNorm2d(12),
        nn.ReLU(),
        nn.ZeroPad2d((0, 0, 1, 2)),
        nn.Conv2d(12, 16, (5, 1), stride=(2, 1)),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.ZeroPad2d((0, 0, 1, 2)),
        nn.Conv2d(16, 24, (5, 1), stride=(2, 1)),
        nn.BatchNorm2d(24),
        nn.ReLU(),
        nn.AvgPool2d((16, 1)),
        nn.Flatten(),
        nn.Linear(24, len(LABELS)),
    )


def to_torch(motions: Motion) -> torch.Tensor:
    """f32[n, 128, 3] as the network takes it."""
    return torch.from_numpy(np.ascontiguousarray(motions.transpose(0, 2, 1)[..., None]))


def train(motions: Motion, labels: NDArray[np.int64]) -> nn.Sequential:
    """Train for `EPOCHS`, always alike."""
    torch.manual_seed(1)
    torch.set_num_threads(1)
    model, inputs, targets = network(), to_torch(motions), torch.from_numpy(labels)
    optimiser = torch.optim.AdamW(model.parameters(), 4e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, EPOCHS)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(inputs)).split(64):
            optimiser.zero_grad()
            nn.functional.cross_entropy(model(inputs[batch]), targets[batch]).backward()
            optimiser.step()
        schedule.step()
    return model.eval()


def board_layers(model: nn.Sequential) -> list[Layer]:
    """The network behind the shape that the sensor's data has."""
    example = torch.zeros(1, 3, SAMPLES, 1)
    layers = layers_from_torch(model, example)
    assert check_same(model, layers, torch.randn(16, 3, SAMPLES, 1)) < 1e-4
    return [Reshape((SAMPLES, 1, 3)), *layers]


def report() -> None:
    """Print the model file's accuracy on synthetic motion that training did not see."""
    data, (motions, labels) = MODEL.read_bytes(), records(400, TEST_SEED)
    model = read_tflite(data)
    source = model.tensors[model.inputs[0]]
    interpreter = Interpreter.from_bytes(data, arena_size=1 << 16)
    chosen = []
    for motion in motions:
        values = to_int8(motion[None], Scale(source.scale, source.zero_point))
        interpreter.set_input(values, 0)
        interpreter.invoke()
        chosen.append(int(interpreter.get_output(0)[0].argmax()))
    right = np.array(chosen) == labels
    for index, label in enumerate(LABELS):
        print(f"{label}: {right[labels == index].mean():.2%}")
    print(f"int8 accuracy on unseen synthetic motion {right.mean():.2%} ({right.size} recordings)")


def write_samples() -> None:
    """Write two unseen recordings of each gesture, `circle_1.csv`: a line of x,y,z a reading."""
    SAMPLE_FOLDER.mkdir(exist_ok=True)
    motions, labels = records(2, TEST_SEED + 1)
    for index, label in enumerate(LABELS):
        for number, motion in enumerate(motions[labels == index], 1):
            path = SAMPLE_FOLDER / f"{label}_{number}.csv"
            np.savetxt(path, motion, "%.4f", ",")


def main() -> None:
    """Train or check."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="measure the model as it is")
    if not parser.parse_args().check:
        motions, labels = records(1500, TRAIN_SEED)
        layers = board_layers(train(motions, labels))
        MODEL.write_bytes(quantise(layers, motions[::5], "gesture", ACCELERATION))
        unseen, wanted = records(400, TEST_SEED)
        print(f"float accuracy {(run(layers, unseen).argmax(1) == wanted).mean():.2%}")
        write_samples()
    report()


if __name__ == "__main__":
    main()
