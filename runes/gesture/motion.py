"""Synthetic motion of a hand-held board: what its accelerometer would read, in g, at 50 Hz.

Nobody moved a board for this. Each gesture is a path of the hand with random speed, size, plane
and unsteadiness; gravity is added in the way the board happens to be held, then noise and offset.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LABELS = ("rest", "circle", "shake", "swing", "tap")
SAMPLES = 128
RATE_HZ = 50
GRAVITY_M_S2 = 9.81

Motion = NDArray[np.float32]
Path = NDArray[np.float64]
Chance = np.random.Generator
TIMES = np.arange(SAMPLES) / RATE_HZ


def turn(chance: Chance, largest_radians: float) -> Path:
    """A rotation of up to `largest_radians` about a random axis, as a 3x3 matrix."""
    axis = chance.normal(size=3)
    x, y, z = axis / np.linalg.norm(axis)
    angle = chance.uniform(0, largest_radians)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    matrix = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross)
    return np.asarray(matrix, np.float64)


def _wobbly_phase(chance: Chance, hertz: float) -> Path:
    """2 pi * hertz * t, at a speed that drifts as a hand's does."""
    drift = 1 + 0.15 * np.sin(2 * np.pi * chance.uniform(0.1, 0.5) * TIMES + chance.uniform(0, 6))
    start = chance.uniform(0, 2 * np.pi)
    return np.asarray(start + 2 * np.pi * hertz * np.cumsum(drift) / RATE_HZ)


def rest(chance: Chance) -> Path:
    """Held or lying still: a slow tremor of at most 0.03 g."""
    phase = _wobbly_phase(chance, chance.uniform(0.2, 6))
    return chance.normal(size=3) * np.sin(phase)[:, None] * chance.uniform(0, 0.01)


def circle(chance: Chance) -> Path:
    """Round in a vertical plane (x and z), 0.7 to 1.6 turns a second, 12 to 35 cm across."""
    phase = _wobbly_phase(chance, chance.uniform(0.7, 1.6))
    speed = np.gradient(phase, 1 / RATE_HZ)
    pull = chance.uniform(0.06, 0.175) * speed**2 / GRAVITY_M_S2
    side = chance.choice((-1, 1)) * chance.uniform(0.8, 1.2)
    zeros = np.zeros(SAMPLES)
    return np.stack([pull * np.cos(phase), zeros, pull * side * np.sin(phase)], 1)


def shake(chance: Chance) -> Path:
    """Quickly back and forth along x: 3 to 6 times a second, 0.8 to 2.5 g."""
    phase = _wobbly_phase(chance, chance.uniform(3, 6))
    strength = chance.uniform(0.8, 2.5)
    zeros = np.zeros(SAMPLES)
    return np.stack([strength * np.sin(phase), zeros, 0.15 * np.sin(phase + 1)], 1)


def swing(chance: Chance) -> Path:
    """Slowly up and down along z: 0.7 to 1.6 times a second, 12 to 35 cm either way."""
    phase = _wobbly_phase(chance, chance.uniform(0.7, 1.6))
    speed = np.gradient(phase, 1 / RATE_HZ)
    strength = chance.uniform(0.12, 0.35) * speed**2 / GRAVITY_M_S2
    zeros = np.zeros(SAMPLES)
    return np.stack([zeros, zeros, strength * np.sin(phase)], 1)


def tap(chance: Chance) -> Path:
    """Two to five sharp knocks on z, each 1 to 3 g and over in a twentieth of a second."""
    path = np.zeros((SAMPLES, 3))
    for moment in chance.uniform(0.1, TIMES[-1] - 0.1, chance.integers(2, 6)):
        since = np.clip(TIMES - moment, 0, None)
        ring = np.exp(-since * chance.uniform(30, 60)) * np.cos(2 * np.pi * 18 * since)
        path[:, 2] += chance.uniform(1, 3) * ring * (moment <= TIMES)
    return path


_GESTURES = {"rest": rest, "circle": circle, "shake": shake, "swing": swing, "tap": tap}


def record(chance: Chance, label: str) -> Motion:
    """One recording f32[128, 3] of x, y, z in g."""
    path = _GESTURES[label](chance)
    held = turn(chance, 0.5)
    tremor = np.cumsum(chance.normal(size=(SAMPLES, 3)), 0) * chance.uniform(0, 0.003)
    noise = chance.normal(size=(SAMPLES, 3)) * chance.uniform(0.003, 0.04)
    moved = (path + np.array([0, 0, 1])) @ held.T
    offset = chance.uniform(-0.05, 0.05, 3)
    return np.asarray(np.clip(moved + tremor + noise + offset, -4, 4), np.float32)


def records(count: int, seed: int) -> tuple[Motion, NDArray[np.int64]]:
    """`count` recordings of each gesture, f32[n, 128, 3], and their labels i64[n]."""
    chance = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(LABELS)), count)
    return np.array([record(chance, LABELS[label]) for label in labels]), labels
