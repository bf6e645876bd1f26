"""Fuzz targets that are C programs: building them with sanitisers, and what they start from."""

import subprocess
from pathlib import Path

import numpy as np

from runicd.model.arena import plan_arena
from runicd.model.read_tflite import read_tflite
from tests.host.model_samples import float_network, int8_network
from tests.native.test_nn_ops import PAIRS

_ROOT = Path(__file__).resolve().parents[1]
_FOLDER = _ROOT / "build" / "fuzz"
_FLAGS = [
    *("-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Werror"),
    *("-fsanitize=address,undefined", "-fno-sanitize-recover=all"),
]
# What a program tests, compiled so that the program learns which code each input reached.
_TESTED = {"tflite_reader": ("nn/nn_*.c", "nn/op_*.c", "nn/kernels/*.c", "nn/kernels/*/*.c")}
_SEED_ARENA_BYTES = 1 << 15
_SEEDS_EACH = 2


def program_command(source: Path, seed: int, seconds: int) -> list[str]:
    """Build the program if need be; return how to start it. Raises CalledProcessError."""
    return [str(_build(source)), str(seed), str(seconds), *map(str, _write_models())]


def program_folder() -> Path:
    """Where a program runs, and leaves the input that broke it."""
    return _FOLDER


def _build(source: Path) -> Path:
    objects = _FOLDER / source.stem
    objects.mkdir(parents=True, exist_ok=True)
    modules = _ROOT / "native_modules"
    tested = [path for pattern in _TESTED[source.stem] for path in sorted(modules.glob(pattern))]
    program = objects / "program"
    newest = max(path.stat().st_mtime for path in [source, *modules.glob("nn/**/*.[ch]")])
    if program.is_file() and program.stat().st_mtime > newest:
        return program
    built = []
    for path in tested:
        built.append(objects / f"{'_'.join(path.relative_to(modules).parts)}.o")
        coverage = ["-fsanitize-coverage=trace-pc", "-c", str(path), "-o", str(built[-1])]
        subprocess.run(["gcc", *_FLAGS, *coverage], check=True)
    parts = [str(source), *map(str, built), "-lm", "-o", str(program)]
    subprocess.run(["gcc", *_FLAGS, *parts], check=True)
    return program


def _write_models() -> list[Path]:
    """Small models, at least one for every op and type; the programs mutate them."""
    chance = np.random.default_rng(5)
    models = [float_network(), int8_network()]
    for generator, element in PAIRS:
        found = 0
        while found < _SEEDS_EACH:
            model = generator(chance, element).model
            if plan_arena(read_tflite(model)).arena_bytes <= _SEED_ARENA_BYTES:
                models.append(model)
                found += 1
    folder = _FOLDER / "models"
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number}.tflite" for number in range(len(models))]
    for path, model in zip(paths, models, strict=True):
        path.write_bytes(model)
    return paths
