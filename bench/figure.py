"""A figure, how it is printed, and how it is kept."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number; `limit` is what it may be at most, where the project promises one."""

    name: str
    value: float
    unit: str
    limit: float | None = None

    @property
    def kept(self) -> bool:
        """Say whether the promise is kept; true where there is none."""
        return self.limit is None or self.value <= self.limit

    def __str__(self) -> str:
        """Return `name value unit`, and the limit where there is one."""
        number = f"{self.value:.0f}" if self.value >= 1000 else f"{self.value:.4g}"
        promise = "" if self.limit is None else f"  (at most {self.limit:g})"
        return f"{self.name} {number} {self.unit}{promise}{'' if self.kept else '  MISSED'}"


def write(figures: Sequence[Figure], path: Path) -> None:
    """Store figures as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(figure) for figure in figures], indent=2) + "\n")
