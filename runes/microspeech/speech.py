"""Speech for training: words spoken by espeak-ng in many voices, cut to what was said.

A voice is one of espeak-ng's voice variants. Variants that are siblings (klatt, klatt2 ...) form
a family, and a family is wholly in one of the parts `train`, `validation`, `test`: a voice of the
test part has no sibling that training heard. Accents are shared by all parts.
"""

from __future__ import annotations

import io
import random
import subprocess
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

WORDS = ("yes", "no", "up", "down", "left", "right", "stop", "go")
LABELS = ("silence", "unknown", *WORDS)
RATE_HZ = 16000

ACCENTS = (
    "en-us",
    "en-gb",
    "en-us-nyc",
    "en-gb-x-rp",
    "en-gb-scotland",
    "en-gb-x-gbclan",
    "en-gb-x-gbcwmd",
    "en-029",
)

# Robots, whispers and other effects are left out: they are no voices to be told apart.
_TRAIN_FAMILIES = """
    adam Alex Andrea Andy antonio aunty belinda benjamin caleb david Denis ed gustave Henrique
    Hugo iven,iven2,iven3,iven4 Jacky john kaukovalta Lee marcelo Marco max Michael michel Mike
    Nguyen pablo paul quincy RicishayMax,RicishayMax2,RicishayMax3 rob robert
    steph,steph2,steph3 Storm zac AnxiousAndy f2 f4 f5 grandpa
    klatt,klatt2,klatt3,klatt4,klatt5,klatt6 m1 m2 m4 m5 m7 m8 norbert shelby victor
"""
TRAIN_FAMILIES = tuple(_TRAIN_FAMILIES.split())
_VALIDATION_FAMILIES = "Alicia boris linda Mario miguel f1 m6"
VALIDATION_FAMILIES = tuple(_VALIDATION_FAMILIES.split())
_TEST_FAMILIES = """
    Annie Diogo edward,edward2 Gene,Gene2 pedro anika f3 grandma m3 sandro travis
"""
TEST_FAMILIES = tuple(_TEST_FAMILIES.split())

_UNKNOWN_WORDS = """
    on off house bird cat dog tree marvin sheila wow zero one two three four five six seven
    eight nine bed happy learn visual forward backward follow water table window computer yellow
    orange people morning music garden paper river number letter summer doctor mother hello
    please thanks open close play pause start begin light dark often never always green snow
    nest town lift yet cup write step god ask back bad ball bank bar bath beach bell big black
    blue board boat body book bottle box bread bridge bright brother build bus butter buy call
    car card chair cheese child city clean clock cloud coat coffee cold colour cook corner cow
    cross dance day desk dinner door dress drink drive dust ear early earth easy egg engine
    enter evening eye face family farm fast father field finger fire fish flower fly foot forest
    friend fruit game glass gold good grass ground hair half hall hand hat head heart heavy help
    high hill hole home hope horse hospital hot hour ice island jump key king kitchen knee lady
    lake land large laugh lead leaf less lesson library life line lip list little live long look
    loud love lunch machine make market meat milk minute money moon mouth move name neck net new
    next nice night nose note now nothing nut ocean office old onion other outside page park
    part past pen pencil phone picture plane plate point pocket police potato pull push quick
    quiet rain read red rest rice ring road rock roof room round run sad safe salt sand school
    sea seat sell send sheep ship shirt shoe shop short shut side silver sing sister sit skin
    sky sleep slow small smile soap sock soft song soon soup south spoon spring stand star
    station stay stone store street strong student sugar sun sweet swim tail talk tall teacher
    tell thick thing thirsty today toe tomorrow tooth top touch train travel true try turn uncle
    under village visit voice wait walk wall warm wash watch weak wear week west wet wheel white
    wide wife wind winter woman wood word work world yard year yesterday young
"""
UNKNOWN_WORDS = tuple(_UNKNOWN_WORDS.split())

# Never said to training, so that the test also asks what it makes of words it does not know.
_UNHEARD_WORDS = """
    bird wow five happy water people number please start always yet back beach boat bridge buy
    child coffee cross dress earth eye field foot gold hall help horse jump lake less list love
    milk name night ocean page phone police rain road sad seat shoe sing slow song stand street
    swim thick tooth try voice watch wheel woman year
"""
UNHEARD_WORDS = frozenset(_UNHEARD_WORDS.split())


@dataclass(frozen=True, slots=True)
class Utterance:
    """One word said once: `samples` is i16 mono at 16 kHz, without the silence around it."""

    label: str
    word: str
    accent: str
    voice: str
    samples: NDArray[np.int16]


def voices(part: str) -> list[str]:
    """The voices of `part`: "train", "validation" or "test"."""
    families = {"train": TRAIN_FAMILIES, "validation": VALIDATION_FAMILIES, "test": TEST_FAMILIES}
    return [voice for family in families[part] for voice in family.split(",")]


def speak(word: str, accent: str, voice: str, words_per_minute: int, pitch: int) -> bytes:
    """What espeak-ng says, as the bytes of a WAV file."""
    command = ["espeak-ng", "--stdout", "-v", f"{accent}+{voice}"]
    command += ["-s", str(words_per_minute), "-p", str(pitch), word]
    return subprocess.run(command, check=True, capture_output=True).stdout


def trim(samples: NDArray[np.float64], threshold: float = 0.02) -> NDArray[np.float64]:
    """Cut leading and trailing samples below `threshold` of the peak, and to one second."""
    loud = np.flatnonzero(np.abs(samples) > threshold * np.abs(samples).max())
    return samples[loud[0] : loud[-1] + 1][:RATE_HZ]


def decode(wav: bytes) -> NDArray[np.int16]:
    """The WAV's samples at 16 kHz, trimmed, with the peak at half of full scale."""
    with wave.open(io.BytesIO(wav)) as reader:
        rate_hz = reader.getframerate()
        raw = reader.readframes(reader.getnframes())
    samples = np.frombuffer(raw, "<i2").astype(np.float64)
    spoken = trim(resample_poly(samples, RATE_HZ, rate_hz))
    return np.round(spoken * (16384 / np.abs(spoken).max())).astype(np.int16)


def utterances(part: str, unknown_per_voice: int = 14) -> Iterator[Utterance]:
    """Every word, and some unknown ones, in every accent and voice of `part`, always the same."""
    chance = random.Random(f"microspeech {part}")
    for accent in ACCENTS:
        for voice in voices(part):
            unknown = chance.sample(UNKNOWN_WORDS, unknown_per_voice)
            for word in [*WORDS, *unknown]:
                speed, pitch = chance.randint(120, 220), chance.randint(30, 70)
                samples = decode(speak(word, accent, voice, speed, pitch))
                label = word if word in WORDS else "unknown"
                yield Utterance(label, word, accent, voice, samples)


def load(part: str, cache: Path) -> list[Utterance]:
    """The utterances of `part`, spoken once and then kept in the folder `cache`."""
    path = cache / f"speech-{part}.npz"
    if not path.exists():
        save(list(utterances(part)), path)
    with np.load(path) as stored:
        lengths = stored["lengths"]
        pieces = np.split(stored["samples"], np.cumsum(lengths)[:-1])
        names = zip(*(stored[key].tolist() for key in _NAMES), strict=True)
        return [Utterance(*name, piece) for name, piece in zip(names, pieces, strict=True)]


_NAMES = ("label", "word", "accent", "voice")


def save(spoken: list[Utterance], path: Path) -> None:
    """Write utterances to one `.npz` file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    names = {key: np.array([getattr(one, key) for one in spoken]) for key in _NAMES}
    lengths = np.array([one.samples.size for one in spoken])
    partial = path.with_suffix(".part.npz")
    np.savez(
        partial, samples=np.concatenate([u.samples for u in spoken]), lengths=lengths, **names
    )
    partial.rename(path)
