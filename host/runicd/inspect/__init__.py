"""Says what is in a Rune: permissions, stages, models, wasm, size by part, fitting boards."""

from runicd.inspect.inspection import Inspection, inspect_rune
from runicd.inspect.render import render

__all__ = ["Inspection", "inspect_rune", "render"]
