"""Recordings: what a sensor delivers, stored and played again, bit for bit."""

import os
import struct
import time
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

import runicd
from runicd.client import Client
from runicd.errors import BoardError, RefusedError, UsageError
from runicd.feed import feed_sources
from runicd.record import Plan, files, plan, record
from runicd.sim.sensors import KINDS as OPTIONS
from runicd.sim.sensors import Sources
from runicd.simulate import chosen_board
from runicd.targets import resolve
from runicd.types import ELEMENT_FORMATS as FORMATS
from runicos.contract import errors as codes
from tests.board import ROOT
from tests.conftest import Command
from tests.flow.runes import SINE

# Each is a second, and fed twice: over a serial line where the board is emulated.
WINDOWS = 30 if chosen_board() == "unix" else 6
MICROSPEECH = ROOT / "runes" / "microspeech"
Make = Callable[[Path], Sources]
RUNE = """
version: 1
image: runicos/base
pipeline:
  in:
    capability: {kind}
    outputs: [{{type: {type}, dimensions: {dims}}}]
    args: {args}
  out:
    out: TENSOR
    inputs: [in]
"""


def write_wav(path: Path, samples: bytes, hz: int = 16_000, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as sound:
        sound.setparams((channels, 2, hz, 0, "NONE", ""))
        sound.writeframes(samples)
    return path


def sound_of(seconds: float) -> bytes:
    """Return noise that grows louder, so that no two windows are alike."""
    count = int(16_000 * seconds)
    noise = struct.unpack(f"<{count}h", os.urandom(2 * count))
    return struct.pack(f"<{count}h", *(n * i // count // 4 for i, n in enumerate(noise)))


def write(wanted: Plan, data: bytes, path: Path) -> list[Path]:
    written = files(wanted, data, path)
    for target, content in written.items():
        target.write_bytes(content)
    return list(written)


def test_a_rune_says_the_same_of_the_recording_as_of_the_sensor(
    state_folder: Path, tmp_path: Path
) -> None:
    """The source is stereo of another rate, so what is recorded is what the driver makes of it."""
    source = write_wav(tmp_path / "in.wav", sound_of(2.5), hz=22_050, channels=2)
    rune = runicd.build(MICROSPEECH)
    window = rune.manifest["tensors"][0]["bytes"]  # type: ignore[index]
    with runicd.Simulator(sound=source) as board:
        (take,) = board.record(
            "SOUND", tmp_path / "take.wav", samples=window // 2, windows=WINDOWS, hz=16_000
        )
        board.cast(rune, period_ms=0)
        live = [board.call().value for _ in range(WINDOWS)]
    with runicd.Simulator(sound=take) as board:
        board.cast(rune, period_ms=0)
        assert [board.call().value for _ in range(WINDOWS)] == live
    with runicd.Simulator() as board:
        board.feed(sound=take)
        board.cast(rune, period_ms=0)
        assert [board.call().value for _ in range(WINDOWS)] == live


def picture(folder: Path) -> Sources:
    for name in "ab":
        Image.frombytes("RGB", (40, 30), os.urandom(3600)).save(folder / f"{name}.png")
    return Sources(image=(folder / "a.png", folder / "b.png"))


def motion(folder: Path) -> Sources:
    # Every float32 there is between 0.5 and 2, with all its digits.
    (folder / "m.f32").write_bytes(b"".join(os.urandom(3) + b"\x3f" for _ in range(30)))
    return Sources(accelerometer=(folder / "m.f32",))


def raw(folder: Path) -> Sources:
    (folder / "r.raw").write_bytes(os.urandom(1000))
    return Sources(raw=(folder / "r.raw",))


def sound(folder: Path) -> Sources:
    return Sources(sound=(write_wav(folder / "s.wav", sound_of(0.3), hz=11_025),))


SIZE = {"width": 10, "height": 8}
SOUND = {"hz": 16_000}
# kind, its parameters, what else a Runefile says, element, dims, calls, suffix, source
CASES = [
    ("SOUND", SOUND, {"sample_duration_ms": 20}, "i16", [320], 5, ".wav", sound),
    ("IMAGE", SIZE | {"pixel_format": 0}, {}, "u8", [8, 10, 3], 3, ".ppm", picture),
    ("IMAGE", SIZE | {"pixel_format": 1}, {}, "u8", [8, 10, 3], 1, ".ppm", picture),
    ("IMAGE", SIZE | {"pixel_format": 2}, {}, "u8", [8, 10, 1], 3, ".pgm", picture),
    ("ACCEL", {}, {"samples": 4}, "f32", [4, 3], 3, ".csv", motion),
    ("ACCEL", {}, {"samples": 4}, "f32", [4, 3], 3, ".f32", motion),
    ("RAW", {}, {"length": 64}, "u8", [64], 20, ".raw", raw),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}{case[6]}")
def test_a_rune_reads_from_the_recording_what_it_read_from_the_sensor(
    state_folder: Path,
    tmp_path: Path,
    case: tuple[str, dict[str, int], dict[str, int], str, list[int], int, str, Make],
) -> None:
    kind, params, more, element, dims, calls, suffix, source = case
    text = RUNE.format(kind=kind, type=element, dims=dims, args=params | more)
    (tmp_path / "Runefile.yml").write_text(text)
    rune = runicd.build(tmp_path, name="r")
    samples = 0 if kind == "IMAGE" else dims[0]
    with runicd.Simulator() as board:
        client = board._client
        feed_sources(client, source(tmp_path))
        wanted = plan(kind, params, samples=samples, windows=calls)
        data = record(client, wanted)
        written = write(wanted, data, tmp_path / f"take{suffix}")
        board.cast(rune, period_ms=0)
        live = [board.call().value for _ in range(calls)]
        packed = [struct.pack(f"<{len(v)}{FORMATS[element]}", *v) for v in live]
        assert b"".join(packed) == data
        option = next(name for name, of_kind in OPTIONS.items() if of_kind == kind)
        feed_sources(client, Sources(**{option: tuple(written)}))
        assert [board.call().value for _ in range(calls)] == live


@pytest.fixture
def client(state_folder: Path, tmp_path: Path) -> Iterator[Client]:
    (tmp_path / "r.raw").write_bytes(bytes(range(200)))
    write_wav(tmp_path / "s.wav", sound_of(0.1))
    (tmp_path / "i.ppm").write_bytes(b"P6 1 1 255\nabc")
    files = {"raw": "r.raw", "sound": "s.wav", "image": "i.ppm"}
    given = {option: tmp_path / name for option, name in files.items()}
    with runicd.Simulator(**given, once=True) as board:  # type: ignore[arg-type]
        yield board._client


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ({"kind": "SMELL"}, codes.NO_CAPABILITY, "no SMELL on this board"),
        ({"kind": "ACCEL"}, codes.NO_CAPABILITY, "no ACCEL on this board"),
        ({"kind": "SOUND"}, codes.BAD_REQUEST, "SOUND needs hz"),
        ({"kind": "SOUND", "params": {"hz": "fast"}}, codes.BAD_REQUEST, "params has a"),
        ({"kind": "RAW", "params": {"source": 9}}, codes.CAPABILITY_FAILED, "source 9 of 1"),
        ({"kind": "RAW", "window_bytes": 0}, codes.BAD_REQUEST, "no bytes to record"),
        ({"kind": "RAW", "count": 0}, codes.BAD_REQUEST, "no bytes to record"),
        ({"kind": "RAW", "count": -1}, codes.BAD_REQUEST, "count has a wrong value"),
        ({"kind": "RAW", "params": 7}, codes.BAD_REQUEST, "params has a wrong value"),
        ({"kind": "RAW", "window_bytes": 1 << 20}, codes.RAM_SHORT, "bytes of RAM"),
        (
            {"kind": "IMAGE", "params": {"width": 2, "height": 2}},
            codes.CAPABILITY_FAILED,
            "picture of 12 bytes for 8",
        ),
    ],
)
def test_what_cannot_be_recorded_is_refused(
    client: Client, arguments: dict[str, object], code: int, says: str
) -> None:
    with pytest.raises(BoardError) as refused:
        client.request("record", {"params": {}, "window_bytes": 8} | arguments)
    assert refused.value.code == code
    assert says in str(refused.value)
    # The board is as before.
    assert len(record(client, plan("RAW", {}, samples=8))) == 8


def test_a_parameter_that_the_board_does_not_offer_is_refused(client: Client) -> None:
    with pytest.raises(RefusedError) as refused:
        record(client, plan("SOUND", {"hz": 96_000}))
    assert refused.value.reasons == (
        "SOUND hz = 96000 is outside what the board offers (8000 to 48000)",
    )


def test_a_sensor_that_a_rune_reads_is_busy(state_folder: Path, tmp_path: Path) -> None:
    source = write_wav(tmp_path / "s.wav", sound_of(0.1))
    wanted = plan("SOUND", SOUND)
    with runicd.Simulator(sound=source) as board:
        client = board._client
        board.cast(MICROSPEECH, period_ms=0)
        with pytest.raises(BoardError) as busy:
            record(client, wanted)
        assert busy.value.code == codes.SENSOR_BUSY
        assert "`runicd stop microspeech` frees it" in str(busy.value)
        board.stop("microspeech")
        assert len(record(client, wanted)) == 3200


def test_data_that_end_early_are_recorded_so_far(client: Client) -> None:
    assert record(client, plan("RAW", {}, samples=150, windows=9)) == bytes(range(200)) + bytes(
        100
    )
    with pytest.raises(BoardError) as none:
        record(client, plan("IMAGE", {"width": 1, "height": 1, "source": 1}))
    assert none.value.code == codes.CAPABILITY_FAILED


def test_the_board_logs_that_a_host_records(client: Client) -> None:
    record(client, plan("RAW", {}, samples=100))
    told = [one[4] for one in client.request("logs")["records"]]
    assert [text for text in told if text.endswith(" records RAW")]


def test_a_long_recording_needs_one_window_of_ram_and_runes_go_on(
    state_folder: Path, tmp_path: Path
) -> None:
    size = 500_000 if chosen_board() == "unix" else 40_000
    (tmp_path / "r.raw").write_bytes(os.urandom(size))
    with runicd.Simulator(raw=tmp_path / "r.raw") as board:
        board.cast(SINE, period_ms=5)
        before = board.stats("sine")["calls"]
        data = record(board._client, plan("RAW", {}, samples=2000, windows=size // 2000))
        assert data == (tmp_path / "r.raw").read_bytes()
        assert board.stats("sine")["calls"] > before + 5


def test_only_one_records_at_a_time_and_a_lost_host_frees_the_sensor(
    state_folder: Path, tmp_path: Path
) -> None:
    """Only over TCP can there be two hosts, or one be seen to go."""
    (tmp_path / "r.raw").write_bytes(b"x")
    ask = {"kind": "RAND", "params": {}, "window_bytes": 5000, "count": 1_000_000}
    with runicd.Simulator(raw=tmp_path / "r.raw", board="unix") as board:
        client = board._client
        _interrupt_while_busy(client, ask)
        end = time.monotonic() + 5
        while True:
            try:
                record(client, plan("RAW", {}, samples=1))
                break
            except BoardError as error:
                assert error.code == codes.BUSY
                assert time.monotonic() < end
                time.sleep(0.05)


def _interrupt_while_busy(client: Client, ask: dict[str, object]) -> None:
    """Record over a second link until the first one has been told that it must wait."""
    with Client(client._connect) as other:

        def hear(event: object) -> None:
            with pytest.raises(BoardError) as busy:
                client.request("record", ask)
            assert busy.value.code == codes.BUSY
            raise InterruptedError

        with pytest.raises(InterruptedError):
            other.request("record", ask, heard=hear)


def test_over_serial_a_recording_that_was_left_does_not_disturb_the_next(
    state_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "r.raw").write_bytes(bytes(range(256)))
    with (
        runicd.Simulator(raw=tmp_path / "r.raw") as board,
        board.free_port() as port,
    ):
        ask = {"kind": "RAND", "params": {}, "window_bytes": 500, "count": 1_000_000}

        def hear(event: object) -> None:
            raise InterruptedError

        with (
            Client(resolve(port).connect) as left,
            pytest.raises(InterruptedError),
        ):
            left.request("record", ask, heard=hear)
        with Client(resolve(port).connect) as client:
            assert record(client, plan("RAW", {}, samples=256)) == bytes(range(256))


@pytest.mark.parametrize(
    ("kind", "params", "options"),
    [
        ("RAND", {}, {}),
        ("SOUND", {}, {}),
        ("SOUND", SOUND, {"seconds": 1.0, "windows": 2}),
        ("RAW", {}, {}),
        ("RAW", {}, {"samples": 1, "seconds": 1.0}),
        ("ACCEL", {}, {}),
        ("IMAGE", {"width": 3}, {}),
        ("RAW", {}, {"samples": 1 << 29}),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(
    kind: str, params: dict[str, int], options: dict[str, int]
) -> None:
    with pytest.raises(UsageError):
        plan(kind, params, **options)  # type: ignore[arg-type]


def test_a_part_of_a_window_is_cut_off() -> None:
    wanted = plan("SOUND", {"hz": 8_000}, seconds=0.25)
    assert (wanted.window_bytes, wanted.count, wanted.total_bytes) == (1600, 3, 4000)


def test_the_command_records_and_feeds(command: Command, tmp_path: Path) -> None:
    source = write_wav(tmp_path / "in.wav", sound_of(1.0))
    assert command("sim", "up", "--sound", source).code == 0
    taken = command("record", "--kind", "sound", "--hz", "16000", "--seconds", "1", "-o", "t.wav")
    assert (taken.code, taken.out) == (0, "t.wav: 32,000 bytes of SOUND\n")
    assert (tmp_path / "t.wav").read_bytes() == source.read_bytes()
    assert command("feed", "--sound", "t.wav").code == 0


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--kind", "SOUND", "-o", "t.wav"], 2, "needs --hz"),
        (["--kind", "SMELL", "-o", "t.wav"], 2, "SMELL cannot be recorded"),
        (["--kind", "SOUND", "--hz", "16000", "-o", "t.mp3"], 1, "end it in .wav"),
        (["--kind", "RAW", "--samples", "1", "-o", "t.raw"], 3, "no RAW on this board"),
        (["--kind", "RAW", "--seconds", "x", "-o", "t.raw"], 2, "no number of seconds"),
        (["--kind", "RAW"], 2, "-o/--output"),
    ],
)
def test_the_command_says_what_is_wrong(
    command: Command, tmp_path: Path, words: list[str], code: int, says: str
) -> None:
    assert command("sim", "up").code == 0
    ended = command("record", *words)
    assert ended.code == code
    assert says in ended.err
    assert not list(tmp_path.glob("t.*"))
