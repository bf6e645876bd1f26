"""Build Rune containers, cast them onto MicroPython boards, and watch them run."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runicd.api import LiveBoard, Output, Simulator, connect, list_targets
    from runicd.runefile.build import build
    from runicd.runefile.open_rune import open_rune

__version__ = "0.1.0"
__all__ = [
    "LiveBoard",
    "Output",
    "Simulator",
    "__version__",
    "build",
    "connect",
    "list_targets",
    "open_rune",
]

_HOMES = {
    "build": "runicd.runefile.build",
    "open_rune": "runicd.runefile.open_rune",
}


def __getattr__(name: str) -> Any:
    """Load the API when it is first used: the command line starts faster without."""
    if name not in __all__:
        raise AttributeError(f"module 'runicd' has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "runicd.api")), name)
