"""One-second windows of a running board, and the features that its blocks compute from them.

`noise-filtering` remembers what it heard, so a window's features depend on the windows before it.
Windows are therefore made in streams: each starts with a freshly started board, its windows go
through the blocks' numpy reference in order, and every one of them is a training example. Streams
of one window are what a board sees first; long ones are what it sees for the rest of its life.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve, lfilter, resample
from speech import LABELS, RATE_HZ, Utterance

from runicd.blocks.noise import NoiseFilter
from runicd.blocks.spectrum import mel_spectrogram

Samples = NDArray[np.float64]
STREAM_LENGTHS = (1, 1, 1, 2, 2, 4, 8, 30)
SILENCE = LABELS.index("silence")


@dataclass(frozen=True, slots=True)
class Windows:
    """Features i8[n, 1960], labels i64[n], and how many windows each one's board had heard."""

    features: NDArray[np.int8]
    labels: NDArray[np.int64]
    positions: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Room:
    """What a stream keeps: its background noise, the loudness of speech over it, its echo."""

    colour: float
    level: float
    hum_hz: float
    signal_to_noise_db: float
    silence_share: float
    echo: Samples


def make_room(chance: np.random.Generator) -> Room:
    """A room as a training stream meets it; one in five is without noise."""
    is_quiet = chance.random() < 0.2
    length = int(chance.integers(1, RATE_HZ // 8))
    decay = np.exp(-6 * np.arange(length) / length)
    echo = chance.normal(size=length) * decay * chance.choice((0, 0, 0.03, 0.08))
    echo[0] = 1
    return Room(
        colour=chance.choice((0.0, 0.5, 0.9, 0.98)),
        level=0.0 if is_quiet else 10 ** chance.uniform(0.3, 2.8),
        hum_hz=chance.choice((0, 0, 50, 60, 120, 300)),
        signal_to_noise_db=chance.uniform(5, 35),
        silence_share=chance.uniform(0, 0.5),
        echo=echo,
    )


def noise(chance: np.random.Generator, room: Room) -> Samples:
    """One second of the room's background, its root mean square near `room.level`."""
    if room.level == 0:
        return chance.integers(-1, 2, RATE_HZ).astype(np.float64) * chance.integers(0, 2)
    hiss = lfilter([1], [1, -room.colour], chance.normal(size=RATE_HZ))
    hiss /= hiss.std()
    if room.hum_hz:
        times = np.arange(RATE_HZ) / RATE_HZ
        hiss += chance.uniform(0, 1) * np.sin(2 * np.pi * room.hum_hz * times)
    return hiss * (room.level * 10 ** chance.uniform(-0.2, 0.2))


def vary(chance: np.random.Generator, samples: NDArray[np.int16], room: Room) -> Samples:
    """The utterance at another speed and pitch, with another timbre, in the room's echo."""
    length = int(samples.size * chance.uniform(0.88, 1.12))
    spoken = resample(samples.astype(np.float64), length)
    spoken = lfilter([1, chance.uniform(-0.6, 0.4)], [1], spoken)
    spoken = fftconvolve(spoken, room.echo)[: length + RATE_HZ // 16]
    return np.asarray(spoken / np.abs(spoken).max(), np.float64)


def place(chance: np.random.Generator, spoken: Samples) -> Samples:
    """The utterance somewhere in a second of nothing; up to 40 ms of it may be cut off."""
    cut = RATE_HZ // 25
    window = np.zeros(RATE_HZ + 2 * cut)
    room_left = max(window.size - spoken.size, 0)
    start = int(chance.integers(0, room_left + 1))
    kept = spoken[: window.size - start]
    window[start : start + kept.size] = kept
    return window[cut : cut + RATE_HZ]


def speech_window(chance: np.random.Generator, utterance: Utterance, room: Room) -> Samples:
    """One second with one utterance over the room's noise."""
    background = noise(chance, room)
    spoken = place(chance, vary(chance, utterance.samples, room))
    peak = 10 ** chance.uniform(3.0, 4.4)
    loudest_noise = background.std() * 10 ** (room.signal_to_noise_db / 20)
    return spoken * max(peak, min(4 * loudest_noise, 30000)) + background


def to_samples(window: Samples) -> NDArray[np.int16]:
    """What a 16-bit microphone gives for `window`."""
    return np.clip(np.round(window), -32768, 32767).astype(np.int16)


def hear(streams: Sequence[Sequence[tuple[NDArray[np.int16], int]]]) -> Windows:
    """The features that a board computes from streams of (one second of samples, label)."""
    features, labels, positions = [], [], []
    for stream in streams:
        board = NoiseFilter()
        for position, (samples, label) in enumerate(stream):
            features.append(board(mel_spectrogram(samples)).reshape(-1))
            labels.append(label)
            positions.append(position)
    return Windows(np.array(features), np.array(labels), np.array(positions))


def random_stream(
    chance: np.random.Generator, draw: Callable[[], Utterance], length: int
) -> list[tuple[NDArray[np.int16], int]]:
    """A stream in a room of its own: utterances that `draw` gives, and silence between them."""
    room = make_room(chance)
    stream = []
    for _ in range(length):
        if chance.random() < room.silence_share:
            stream.append((to_samples(noise(chance, room)), SILENCE))
            continue
        utterance = draw()
        window = to_samples(speech_window(chance, utterance, room))
        stream.append((window, LABELS.index(utterance.label)))
    return stream


def random_windows(utterances: Sequence[Utterance], count: int, seed: int) -> Windows:
    """At least `count` windows of random streams over `utterances`, each label equally often."""
    chance = np.random.default_rng(seed)
    labels = sorted({utterance.label for utterance in utterances})
    shelf = {name: [u for u in utterances if u.label == name] for name in labels}
    weights = np.array([3.0 if name == "unknown" else 1.0 for name in labels])

    def draw() -> Utterance:
        shelved = shelf[str(chance.choice(labels, p=weights / weights.sum()))]
        return shelved[int(chance.integers(len(shelved)))]

    streams, windows = [], 0
    while windows < count:
        length = int(chance.choice(STREAM_LENGTHS))
        streams.append(random_stream(chance, draw, length))
        windows += length
    return hear(streams)
