"""Fuzz targets that are C programs: building them with libFuzzer, and what they start from.

A target is one file with libFuzzer's entry points; files with its mutator and the like begin with
an underscore. Address and undefined-behaviour sanitisers are on, and an input may take neither
20 s nor 512 MiB at once.
"""

import os
import random
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from runicd.cast.patches import patch
from runicd.model.arena import plan_arena
from runicd.model.offline_plan import search, with_plan
from runicd.model.read_tflite import read_tflite
from tests.host.model_samples import float_network, int8_network
from tests.native.nn_growing import random_networks
from tests.native.nn_strip_cases import cases as in_strips
from tests.native.test_nn_ops import PAIRS
from tests.native.wasm_growing import grown_module

_ROOT = Path(__file__).resolve().parents[1]
_FOLDER = _ROOT / "build" / "fuzz"
_FLAGS = [
    *("-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Werror"),
    *("-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=all"),
]
_LIMITS = ["-timeout=20", "-rss_limit_mb=2048", "-malloc_limit_mb=512", "-verbosity=0"]
# What a program is made of besides its own file: what it tests, and what helps it.
_TESTED = {
    "patch_decoder": ("chunks/patch_decode.c",),
    "tflite_reader": ("nn/nn_*.c", "nn/op_*.c", "nn/kernels/*.c", "nn/kernels/*/*.c"),
    "wasm_validator": ("wasm3/wasm_*.c",),
}
_HELPERS = {
    "patch_decoder": (),
    "tflite_reader": ("_tflite_mutator.c",),
    "wasm_validator": (),
}
# Real models: ours, and those of MLPerf Tiny where they are.
_REAL = (_ROOT / "runes", _ROOT.parent / "shared" / "models")
# WebAssembly that crashes an interpreter which does not validate.
_CRASHING = _ROOT.parent / "shared" / "fuzz"
_SEED_ARENA_BYTES = 1 << 15
_SEEDS_EACH = 2
_PLANNED = 10
_STRIPS = 20
_GROWN = 200
_PATCHES = 40
_OLD_BYTES = 300


def program_command(source: Path, seed: int, seconds: int) -> list[str]:
    """Build the program if need be; return how to start it. Raises CalledProcessError."""
    seeds = write_seeds(source.stem)
    longest = max(path.stat().st_size for path in seeds.iterdir())
    command = [str(_build(source)), f"-seed={seed % 2**31 + 1}", f"-max_total_time={seconds}"]
    command += [*_LIMITS, f"-max_len={longest}", f"-artifact_prefix={_FOLDER / source.stem}-"]
    # What this run finds; beginning with none repeats a run with the same seed.
    found = _FOLDER / f"{source.stem}-found"
    shutil.rmtree(found, ignore_errors=True)
    found.mkdir()
    return [*command, str(found), str(seeds)]


def program_folder() -> Path:
    """Where a program runs, and leaves the input that broke it."""
    return _FOLDER


def _planned(model: bytes) -> bytes:
    return with_plan(model, search(read_tflite(model)))


def _build(source: Path) -> Path:
    objects = _FOLDER / source.stem
    objects.mkdir(parents=True, exist_ok=True)
    modules = _ROOT / "native_modules"
    tested = [path for pattern in _TESTED[source.stem] for path in sorted(modules.glob(pattern))]
    parts = [source, *(source.parent / name for name in _HELPERS[source.stem]), *tested]
    program = objects / "program"
    headers = [*source.parent.glob("*.h"), *modules.glob("*/**/*.h")]
    newest = max(path.stat().st_mtime for path in [*parts, *headers])
    if program.is_file() and program.stat().st_mtime > newest:
        return program
    built = [objects / f"{'_'.join(path.relative_to(_ROOT).parts)}.o" for path in parts]
    commands = [
        ["clang", *_FLAGS, f"-I{modules / 'include'}", "-c", str(path), "-o", str(made)]
        for path, made in zip(parts, built, strict=True)
    ]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(partial(subprocess.run, check=True), commands))
    linking = ["clang", *_FLAGS, *map(str, built), "-lm", "-o", str(program)]
    subprocess.run(linking, check=True)
    return program


def _models() -> list[bytes]:
    """Small models, at least one for every op and type, and real ones."""
    chance = np.random.default_rng(5)
    models = [float_network(), int8_network(), *map(_planned, (float_network(), int8_network()))]
    for generator, element in PAIRS:
        found = 0
        while found < _SEEDS_EACH:
            model = generator(chance, element).model
            if plan_arena(read_tflite(model)).arena_bytes <= _SEED_ARENA_BYTES:
                models.append(model)
                found += 1
    models += [_planned(case.model) for case in random_networks("i8", _PLANNED)]
    models += [one.model for element in ("i8", "f32") for one in in_strips(element, _STRIPS, 5)]
    return models + [
        path.read_bytes() for root in _REAL for path in sorted(root.rglob("*.tflite"))
    ]


def _modules() -> list[bytes]:
    """Valid modules, grown at random, and those that crash wasm3, where they are."""
    chance = random.Random(5)
    known = (path for path in sorted(_CRASHING.glob("*/*.wasm")))
    return [grown_module(chance) for _ in range(_GROWN)] + [path.read_bytes() for path in known]


def _patches() -> list[bytes]:
    """Old files, and patches that detools makes of them."""
    chance = random.Random(5)
    found = []
    for _ in range(_PATCHES):
        old = chance.randbytes(chance.randint(0, _OLD_BYTES)) + bytes(20)
        at = chance.randrange(len(old))
        new = old[at:] + chance.randbytes(chance.randint(1, 20)) + old[: at + 5]
        made = patch(old, new)
        assert made is not None, "detools is not installed"
        found.append(len(old).to_bytes(2, "little") + old + made)
    return found


_SEEDS = {"patch_decoder": _patches, "tflite_reader": _models, "wasm_validator": _modules}


def write_seeds(target: str) -> Path:
    """Write what a target starts from; return the folder."""
    folder = _FOLDER / f"{target}-seeds"
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(_SEEDS[target]()):
        (folder / str(number)).write_bytes(seed)
    return folder
