"""Reading a torch network: the same numbers come out, and what cannot be written is refused."""

from __future__ import annotations

import pytest

from runicd.errors import ModelError

torch = pytest.importorskip("torch", reason="needs the [train] extra")
from torch import nn  # noqa: E402

from runicd.model.from_torch import check_same, layers_from_torch  # noqa: E402


def settled(module: nn.Sequential, example: torch.Tensor) -> nn.Sequential:
    """The module with statistics in its normalisations that are not the initial ones."""
    torch.manual_seed(5)
    module.train()
    for _ in range(3):
        module(torch.randn(16, *example.shape[1:]) * 2 + 1)
    return module.eval()


def test_an_image_network() -> None:
    example = torch.randn(4, 2, 9, 8)
    module = nn.Sequential(
        nn.ZeroPad2d((0, 1, 1, 1)),
        nn.Conv2d(2, 6, 3, stride=2, bias=False),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.Conv2d(6, 6, 3, padding=1, groups=6),
        nn.BatchNorm2d(6),
        nn.ReLU6(),
        nn.Conv2d(6, 4, 1),
        nn.MaxPool2d(2),
        nn.Dropout(0.5),
        nn.Flatten(),
        nn.Linear(16, 3),
        nn.BatchNorm1d(3),
        nn.Softmax(1),
    )
    settled(module, example)
    assert check_same(module, layers_from_torch(module, example[:1]), example) < 1e-5


def test_a_dense_network() -> None:
    example = torch.randn(4, 5)
    module = nn.Sequential(nn.Linear(5, 7, bias=False), nn.ReLU(), nn.Linear(7, 2))
    assert check_same(module, layers_from_torch(module, example[:1]), example) < 1e-5


@pytest.mark.parametrize(
    ("modules", "message"),
    [
        ([nn.Conv2d(2, 3, 3, stride=2, padding=1)], "SAME would pad"),
        ([nn.Conv2d(2, 4, 1, groups=2, padding="same")], "padding given by name"),
        ([nn.Conv2d(4, 8, 1, groups=2)], "2 groups"),
        ([nn.Sigmoid()], r"module 0 \(Sigmoid\): cannot be written"),
        ([nn.ReLU()], "must follow"),
        ([nn.MaxPool2d(2, padding=1)], "padded pool"),
    ],
)
def test_what_cannot_be_written(modules: list[nn.Module], message: str) -> None:
    channels = 4 if "2 groups" in message else 2
    with pytest.raises(ModelError, match=message):
        layers_from_torch(nn.Sequential(*modules), torch.zeros(1, channels, 8, 8))
