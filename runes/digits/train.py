"""Trains the digits Rune's model on scikit-learn's handwritten digits and writes all it needs.

    python train.py            train, write digits.tflite and samples/
    python train.py --check    measure the committed digits.tflite again

Needs the `[train]` extra (and `[dev]`, whose tflite-micro runs the int8 model).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

try:
    import torch
except ModuleNotFoundError:
    raise SystemExit("train.py: torch is not installed; run `make setup-train`") from None

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from tflite_micro.python.tflite_micro.runtime import Interpreter
from torch import nn

from runicd.model.from_torch import check_same, layers_from_torch
from runicd.model.layers import run
from runicd.model.quantise import Scale, quantise

HERE = Path(__file__).parent
MODEL = HERE / "digits.tflite"
SAMPLES = HERE / "samples"
# A pixel 0..255 is 0.0..1.0; as int8 it is the pixel less 128, so that nothing is rounded.
PIXEL = Scale(1 / 255, -128)
EPOCHS = 60

Images = NDArray[np.uint8]
Labels = NDArray[np.int64]


def load() -> tuple[Images, Images, Labels, Labels]:
    """Train images, held-out images (a quarter), and their labels; images u8[n, 8, 8] 0..255."""
    digits = load_digits()
    images = np.round(digits.images * (255 / 16)).astype(np.uint8)
    parts = train_test_split(
        images, digits.target, test_size=0.25, random_state=7, stratify=digits.target
    )
    return parts[0], parts[1], parts[2], parts[3]


def network() -> nn.Sequential:
    """Two convolutions, a pool, a dense layer."""
    return nn.Sequential(
        nn.Conv2d(1, 12, 3, padding=1),
        nn.BatchNorm2d(12),
        nn.ReLU(),
        nn.Conv2d(12, 24, 3, padding=1),
        nn.BatchNorm2d(24),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(24 * 16, 10),
    )


def to_torch(images: Images) -> torch.Tensor:
    """f32[n, 1, 8, 8] in 0..1."""
    return torch.from_numpy(images.astype(np.float32)[:, None] / 255)


def shifted(values: torch.Tensor) -> torch.Tensor:
    """The batch moved by up to one pixel, sideways and up or down."""
    down, right = torch.randint(-1, 2, (2,)).tolist()
    padded = nn.functional.pad(values, (1, 1, 1, 1))
    return padded[:, :, 1 + down : 9 + down, 1 + right : 9 + right]


def train(images: Images, labels: Labels) -> nn.Sequential:
    """Train for `EPOCHS`, always alike."""
    torch.manual_seed(1)
    torch.set_num_threads(1)
    model, inputs, targets = network(), to_torch(images), torch.from_numpy(labels)
    optimiser = torch.optim.AdamW(model.parameters(), 4e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, EPOCHS)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(inputs)).split(32):
            optimiser.zero_grad()
            scores = model(shifted(inputs[batch]))
            nn.functional.cross_entropy(scores, targets[batch], label_smoothing=0.05).backward()
            optimiser.step()
        schedule.step()
    return model.eval()


def int8_scores(model: bytes, images: Images) -> NDArray[np.int8]:
    """i8[n, 10], computed by TensorFlow Lite Micro from the pixels as the board has them."""
    interpreter = Interpreter.from_bytes(model, arena_size=1 << 16)
    scores = []
    for image in images:
        interpreter.set_input((image.astype(np.int16) - 128).astype(np.int8)[None, :, :, None], 0)
        interpreter.invoke()
        scores.append(interpreter.get_output(0)[0].copy())
    return np.array(scores)


def report(images: Images, labels: Labels) -> None:
    """Print the held-out accuracy of the model file."""
    right = int((int8_scores(MODEL.read_bytes(), images).argmax(1) == labels).sum())
    print(f"held-out int8 accuracy {right / len(labels):.2%} ({right} of {len(labels)})")


def write_samples(images: Images, labels: Labels) -> None:
    """Write the first held-out image of each digit, `3.png` and so on; two are the self-test."""
    SAMPLES.mkdir(exist_ok=True)
    vectors = []
    for digit, name in ((3, "three"), (8, "eight")):
        pixels = images[labels == digit][0].reshape(-1).tolist()
        vectors.append({"inputs": {"camera": pixels}, "outputs": {"serial": [name]}})
    (HERE / "golden.json").write_text(json.dumps(vectors) + "\n", "utf-8")
    for digit in range(10):
        Image.fromarray(images[labels == digit][0]).save(SAMPLES / f"{digit}.png")


def main() -> None:
    """Train or check."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="measure the model as it is")
    images, held_images, labels, held_labels = load()
    if not parser.parse_args().check:
        model = train(images, labels)
        layers = layers_from_torch(model, to_torch(images[:1]))
        assert check_same(model, layers, to_torch(images[:64])) < 1e-4
        examples = images.astype(np.float32)[..., None] / 255
        MODEL.write_bytes(quantise(layers, examples, "digits", PIXEL))
        floats = run(layers, held_images.astype(np.float32)[..., None] / 255)
        print(f"held-out float accuracy {(floats.argmax(1) == held_labels).mean():.2%}")
        write_samples(held_images, held_labels)
    report(held_images, held_labels)


if __name__ == "__main__":
    main()
