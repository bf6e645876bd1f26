"""Resources: inline, files, folders as zips, texts in arguments, models, and what is left over."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest

from runicd.errors import RunefileError
from runicd.runefile import resources
from runicd.runefile.build import build
from runicd.runefile.faults import Faults
from runicd.types import Span
from tests.host.runefile_samples import built, dense_model, write

TEXT = """\
version: 1
image: runicos/base
pipeline:
  rand: {capability: RAND, outputs: [{type: f32, dimensions: [1, 3]}]}
  model: {model: $MODEL, inputs: [rand]}
  label: {proc-block: ohv_label, inputs: [model], args: {wordlist: $LABELS}}
  serial: {out: serial, inputs: [label]}
resources:
  $MODEL: {path: models/m.tflite, type: binary}
  $LABELS: {path: labels.txt}
  $SPARE: {inline: "for later"}
  $FOLDER: {path: extra, type: binary}
"""


def files() -> dict[str, str | bytes]:
    return {
        "Runefile": TEXT,
        "models/m.tflite": dense_model((1, 3), 2),
        "labels.txt": "yes\nno\n",
        "extra/b.txt": "bee",
        "extra/deep/a.txt": "ay",
    }


def test_resources_are_taken_up_or_carried_along(tmp_path: Path) -> None:
    rune = built(tmp_path, files())
    assert rune.fields is not None
    assert rune.models == (dense_model((1, 3), 2),)
    assert rune.fields["blocks"][0]["args"]["wordlist"] == "yes\nno"
    assert sorted(rune.resources) == ["FOLDER", "SPARE"]
    assert rune.resources["SPARE"] == b"for later"
    assert rune.fields["resources"] == [
        {"name": "FOLDER", "type": "binary", "bytes": len(rune.resources["FOLDER"])},
        {"name": "SPARE", "type": "string", "bytes": 9},
    ]
    with zipfile.ZipFile(io.BytesIO(rune.resources["FOLDER"])) as archive:
        assert archive.namelist() == ["b.txt", "deep/a.txt"]
        assert archive.read("deep/a.txt") == b"ay"


def test_a_zip_depends_on_content_alone(tmp_path: Path) -> None:
    def zipped(name: str) -> bytes | None:
        return resources.zip_folder(str(tmp_path), name, Span(""), Faults())

    for name in ("one", "other"):
        write(tmp_path / name, {"z": b"1", "a/b": b"2", "c": b"3"})
    (tmp_path / "other/z").chmod(0o755)
    os.utime(tmp_path / "other/a/b", (1, 1))
    assert zipped("one") == zipped("other")
    (tmp_path / "other/c").write_bytes(b"4")
    assert zipped("one") != zipped("other")


def test_a_folder_that_no_board_could_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit in ("MAX_FOLDER_FILES", "MAX_FOLDER_BYTES"):
        with monkeypatch.context() as patch:
            patch.setattr(resources, limit, 1)
            with pytest.raises(RunefileError, match='"extra" holds more than'):
                build(write(tmp_path, files()))


def test_devices_and_pipes_are_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "/dev/zero"):
        text = TEXT.replace("models/m.tflite", name)
        with pytest.raises(RunefileError, match=f'"{name}" is no file'):
            build(write(tmp_path, files() | {"Runefile": text}))


def test_a_model_may_be_no_folder(tmp_path: Path) -> None:
    text = TEXT.replace("models/m.tflite", "extra")
    with pytest.raises(RunefileError, match=r'"\$MODEL": not a .tflite file'):
        build(write(tmp_path, files() | {"Runefile": text}))
    text = TEXT.replace("{model: $MODEL,", "{model: ./extra,")
    with pytest.raises(RunefileError, match=r'"\./extra" is a folder; name a file in it'):
        build(write(tmp_path, files() | {"Runefile": text}))


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "labels.txt}",
            "lables.txt}",
            'there is no file "lables.txt"; did you mean "labels.txt"?',
        ),
        ("labels.txt}", "nowhere/labels.txt}", "there is no folder"),
        ("{path: labels.txt}", "{path: models/m.tflite}", '"$LABELS" is no UTF-8 text'),
        ("{path: labels.txt}", "{}", '"$LABELS" has no value'),
        ("path: models/m.tflite, ", "", '"$MODEL" has no value; give it a path'),
        ("type: binary}\n  $L", "type: bin}\n  $L", 'unknown resource type "bin"'),
        ("  $SPARE:", "  $SP ARE:", '"$SP ARE" is no resource name'),
        ("wordlist: $LABELS", "wordlist: $labels", 'No definition for "$labels"; did you mean'),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, fault: str) -> None:
    text = TEXT.replace(old, new)
    assert text != TEXT
    with pytest.raises(RunefileError) as caught:
        build(write(tmp_path, files() | {"Runefile": text}))
    assert fault in str(caught.value)


def test_a_folder_for_paths_can_be_given(tmp_path: Path) -> None:
    write(tmp_path / "files", files())
    (tmp_path / "Runefile").write_text(TEXT)
    with pytest.raises(RunefileError, match="there is no file"):
        build(tmp_path / "Runefile")
    assert build(tmp_path / "Runefile", folder=tmp_path / "files").data
