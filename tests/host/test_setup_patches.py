"""Our patches to a fetched source: applied before the tree is there, exactly, or not at all."""

from pathlib import Path

import pytest

from tests.host.setup_packages import Finished, fetch, make_wheel, sha256, write_pins

GOOD = """What is said.

--- a/probe/probe.h
+++ b/probe/probe.h
@@ -1 +1,2 @@
 // probe
+// ours
"""
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": "/dev/null", "PIP_EXTRA_INDEX_URL": ""}


@pytest.fixture
def pins(tmp_path: Path) -> Path:
    wheel = make_wheel(tmp_path / "index")
    pins = write_pins(tmp_path / "sources.toml", "pip", {wheel.name: sha256(wheel)})
    pins.write_text(pins.read_text().replace("[probe.files]", 'patches = "ours"\n[probe.files]'))
    (tmp_path / "ours").mkdir()
    return pins


def fetched(pins: Path) -> Finished:
    return fetch(pins, pins.parent / "cache", **OFFLINE, PIP_FIND_LINKS=str(pins.parent / "index"))


def header(pins: Path) -> Path:
    return pins.parent / "cache" / "src" / "probe-1.0" / "probe" / "probe.h"


def test_a_patch_is_applied(pins: Path) -> None:
    (pins.parent / "ours" / "1.patch").write_text(GOOD)
    assert fetched(pins).status == 0
    assert header(pins).read_text() == "// probe\n// ours\n"


def test_a_changed_patch_is_applied_to_a_fresh_tree_without_the_network(pins: Path) -> None:
    (pins.parent / "ours" / "1.patch").write_text(GOOD)
    assert fetched(pins).status == 0
    (pins.parent / "ours" / "1.patch").write_text(GOOD.replace("ours", "yours"))
    for wheel in (pins.parent / "index").iterdir():
        wheel.unlink()
    assert fetched(pins).status == 0
    assert header(pins).read_text() == "// probe\n// yours\n"
    (pins.parent / "ours" / "1.patch").unlink()
    assert fetched(pins).status == 0
    assert header(pins).read_text() == "// probe\n"


@pytest.mark.parametrize("text", [GOOD.replace(" // probe", " // other"), "no patch\n"])
def test_a_patch_that_does_not_fit_leaves_no_tree(pins: Path, text: str) -> None:
    (pins.parent / "ours" / "1.patch").write_text(text)
    finished = fetched(pins)
    assert finished.status == 1
    assert finished.errors.startswith("fetch_sources: probe: 1.patch does not apply: ")
    assert finished.errors.count("\n") == 1
    assert not header(pins).exists()
