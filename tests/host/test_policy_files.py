"""Policy files: what is right comes through, what is wrong is told with its line."""

from pathlib import Path

import pytest

from runicd.cast.asking import judged, words
from runicd.errors import InputError
from runicd.keys import files
from runicd.policy_files import policy_text, read_policy

GOOD = """
default = "ask"
unsigned = "deny"

# The microphone, but no music.
[[rule]]
effect = "allow"
kinds = ["SOUND", "RAND"]
limits = { SOUND = { hz = 16000, reads_per_s = 1 } }

[[rule]]
effect = "deny"
rune = "spy-*"
"""


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "policy.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_policy_is_read_and_written_the_same(tmp_path: Path) -> None:
    value = read_policy(written(tmp_path, GOOD))
    assert value["rules"][0]["limits"] == {"SOUND": {"hz": 16000, "reads_per_s": 1}}
    assert value["rules"][1] == {"effect": "deny", "rune": "spy-*"}
    assert read_policy(written(tmp_path, policy_text(value))) == value


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "`default` is not one of"),
        ("default = 'maybe'", 1, "`default` is not one of"),
        ("default = ask", 1, "is no TOML"),
        ("default = 'ask'\n[[rule]]\neffect = 'permit'", 3, "rule 1: `effect`"),
        ("default = 'ask'\ncolour = 1", 2, "`colour` is not known"),
        ("default = 'ask'\nunsigned = 'ask'", 2, "`unsigned` is not one of"),
        (GOOD.replace("SOUND =", "SMELL ="), 9, "rule 1: `limits` is not a map"),
        (GOOD.replace('"RAND"]', '"SMELL"]'), 8, "rule 1: `kinds`"),
        (GOOD.replace('effect = "deny"', 'effect = "deny"\nlimits = {}'), 13, "rule 2: `limits`"),
        (
            "default = 'ask'\n[[rule]]\neffect = 'ask'\nsigner = 'x'",
            4,
            "rule 1: `signer` is no key",
        ),
        ("default = 'ask'\n[[rule]]\neffect = 'ask'\nsigner = 1", 4, "rule 1: `signer` is no key"),
        ("default = 'ask'\nrule = 1", 2, "is not a list"),
        ("default = 'ask'\nrule = [1]", 1, "is not a map"),
        ("default = 'ask'\n" + "[[rule]]\neffect = 'ask'\n" * 17, 1, "at most 16"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    tmp_path: Path, text: str, line: int, said: str
) -> None:
    with pytest.raises(InputError) as caught:
        read_policy(written(tmp_path, text))
    assert said in caught.value.what
    assert caught.value.where.endswith(f"policy.toml:{line}")


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (
            "SOUND = { hertz = 16000 }",
            "has hertz for SOUND, which has only hz, sample_duration_ms, source, reads_per_s",
        ),
        ("SOUND = { bytes_per_s = 1 }", "has bytes_per_s for SOUND"),
        ("RAND = { hz = 1 }", "has hz for RAND, which has only amount, reads_per_s"),
        ("SOUND = { hz = -5 }", "has hz = -5 for SOUND, which is no number from 0"),
        ("SOUND = { hz = nan }", "has hz = nan for SOUND, which is no number from 0"),
    ],
)
def test_limits_that_no_rune_could_keep_to_are_told_with_their_line(
    tmp_path: Path, limits: str, said: str
) -> None:
    with pytest.raises(InputError) as caught:
        read_policy(
            written(tmp_path, GOOD.replace("SOUND = { hz = 16000, reads_per_s = 1 }", limits))
        )
    assert caught.value.what.startswith("rule 1: `limits` " + said)
    assert caught.value.where.endswith("policy.toml:9")


def test_limits_of_outputs_and_of_what_only_boards_have_are_known(tmp_path: Path) -> None:
    limits = "RAW = { hz = 1000, source = 0, length = 8 }, SERIAL = { bytes_per_s = 0.5 }"
    text = GOOD.replace("SOUND = { hz = 16000, reads_per_s = 1 }", limits)
    value = read_policy(written(tmp_path, text.replace('kinds = ["SOUND", "RAND"]', "")))
    assert value["rules"][0]["limits"]["SERIAL"] == {"bytes_per_s": 0.5}


@pytest.mark.parametrize("data", [b"\xff", b"#" * 70_000])
def test_what_is_no_policy_at_all(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(InputError):
        read_policy(written(tmp_path, data))


def test_demands_in_plain_words() -> None:
    assert words("SOUND", {"hz": 16000, "reads_per_s": 1}) == (
        "SOUND: hears the microphone, at 16 kHz, once a second"
    )
    assert words("SERIAL", {"bytes_per_s": 6400}) == (
        "SERIAL: writes results to the serial line, at most 6,400 bytes a second"
    )
    assert words("IMAGE", {"width": 96, "height": 96, "pixel_format": 2}) == (
        "IMAGE: sees through the camera, at 96 x 96 pixels, pixel format 2"
    )
    assert words("RAW", None) == "RAW: reads raw data from a sensor"


def test_revoked_asks_even_where_all_is_allowed() -> None:
    allowing = {"default": "allow", "rules": []}
    held = {"demands": {}, "revoked": ["SOUND"]}
    assert judged("x", {"SOUND": {}, "SERIAL": {}}, allowing, held, None).asked == {"SOUND": {}}
    nan = {"hz": float("nan")}
    limited = {"default": "deny", "rules": [{"effect": "allow", "limits": {"SOUND": {"hz": 9}}}]}
    assert judged("x", {"SOUND": nan}, limited, held | {"revoked": []}, None).denied


def test_a_signer_is_a_key_of_mine_or_an_id(tmp_path: Path, state_folder: Path) -> None:
    mine = files.new("mine", "")
    text = 'default = "ask"\n[[rule]]\neffect = "allow"\nsigner = "{}"\n'
    for signer in ("mine", mine.id.hex()):
        value = read_policy(written(tmp_path, text.format(signer)))
        assert value["rules"] == [{"effect": "allow", "signer": mine.id}]
        assert f'signer = "{mine.id.hex()}"' in policy_text(value)
    held = {"demands": {"SOUND": None}, "revoked": [], "signer": mine.id}
    asking = {"default": "ask", "rules": []}
    assert judged("x", {"RAND": {}}, value, held, None).asked == {"RAND": {}}
    assert judged("x", {"RAND": {}}, value, held, mine.id).asked == {}
    assert judged("x", {"SOUND": {}}, asking, held, mine.id).asked == {}
    assert judged("x", {"SOUND": {}}, asking, held, None).asked == {"SOUND": {}}
