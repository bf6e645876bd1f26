"""The microspeech Rune's network and its training."""

from __future__ import annotations

import time

import numpy as np
import torch
from features import Windows
from speech import LABELS
from torch import nn

FRAMES, MELS = 49, 40
EPOCHS = 20
BATCH = 128


def _separable(
    inputs: int, outputs: int, stride: int, pad: tuple[int, int, int, int]
) -> list[nn.Module]:
    """A depthwise 3x3 and a pointwise convolution; `pad` is left, right, top, bottom."""
    return [
        nn.ZeroPad2d(pad),
        nn.Conv2d(inputs, inputs, 3, stride=stride, groups=inputs, bias=False),
        nn.BatchNorm2d(inputs),
        nn.ReLU(),
        nn.Conv2d(inputs, outputs, 1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    ]


def network() -> nn.Sequential:
    """i8 features as -1..1 f32[n, 1, 49, 40] to the scores of the labels.

    The padding is what the format calls SAME: 49x40, 25x20, 13x10, 13x10, 7x5.
    """
    torch.manual_seed(1)
    return nn.Sequential(
        nn.ZeroPad2d((1, 2, 2, 2)),
        nn.Conv2d(1, 16, (5, 5), stride=2, bias=False),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        *_separable(16, 32, 2, (0, 1, 1, 1)),
        *_separable(32, 48, 1, (1, 1, 1, 1)),
        *_separable(48, 64, 2, (0, 1, 1, 1)),
        nn.AvgPool2d((7, 5)),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(64, len(LABELS)),
    )


def to_torch(features: np.ndarray) -> torch.Tensor:
    """i8[n, 1960] as the network takes it."""
    values = features.reshape(-1, 1, FRAMES, MELS).astype(np.float32) / 128
    return torch.from_numpy(values)


def masked(values: torch.Tensor) -> torch.Tensor:
    """The batch with a band of frames and a band of mels blanked, and all moved by some frames."""
    values = torch.roll(values, int(torch.randint(-2, 3, ())), 2).clone()
    for axis, widest in ((2, 6), (3, 5)):
        width = int(torch.randint(0, widest + 1, ()))
        start = int(torch.randint(0, values.shape[axis] - width + 1, ()))
        values.narrow(axis, start, width).fill_(-0.2)
    return values


def recall(model: nn.Sequential, windows: Windows) -> float:
    """The mean over the labels of the share that is recognised."""
    model.eval()
    with torch.no_grad():
        chosen = model(to_torch(windows.features)).argmax(1).numpy()
    shares = [(chosen[windows.labels == label] == label).mean() for label in range(len(LABELS))]
    return float(np.mean(shares))


def train(model: nn.Sequential, windows: Windows, validation: Windows) -> None:
    """Train `model`, always alike on one machine; prints the recall on `validation`."""
    inputs = torch.from_numpy(windows.features)
    targets = torch.from_numpy(windows.labels)
    counts = np.bincount(windows.labels, minlength=len(LABELS))
    weights = torch.from_numpy((counts.mean() / counts) ** 0.5).float()
    loss_of = nn.CrossEntropyLoss(weights, label_smoothing=0.05)
    optimiser = torch.optim.AdamW(model.parameters(), weight_decay=2e-2)
    steps = EPOCHS * (len(inputs) // BATCH + 1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 6e-3, total_steps=steps)
    for epoch in range(EPOCHS):
        model.train()
        started = time.monotonic()
        for batch in torch.randperm(len(inputs)).split(BATCH):
            optimiser.zero_grad()
            scores = model(masked(to_torch(inputs[batch].numpy())))
            loss_of(scores, targets[batch]).backward()
            optimiser.step()
            schedule.step()
        seconds = time.monotonic() - started
        print(
            f"epoch {epoch + 1}: recall {recall(model, validation):.2%}, {seconds:.0f} s",
            flush=True,
        )
    model.eval()
