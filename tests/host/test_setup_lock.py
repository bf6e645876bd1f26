"""The lock file pins what pyproject.toml asks for, each package with its hashes."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.host.setup_packages import ROOT

REMEDY = "run `make lock`"


def locked() -> dict[str, str]:
    """Return the version that each package is locked to."""
    text = (ROOT / "requirements" / "dev.lock").read_text()
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, flags=re.MULTILINE))


def asked_for() -> list[str]:
    """Return the requirements of the package, of its [dev] extra and of its build."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    own = project["project"]["dependencies"]
    return [*own, *extras["dev"], *project["build-system"]["requires"]]


@pytest.mark.parametrize("wanted", asked_for())
def test_a_requirement_is_locked_to_a_version_that_it_allows(wanted: str) -> None:
    requirement = Requirement(wanted)
    version = locked().get(canonicalize_name(requirement.name))
    assert version is not None, f"{requirement.name} is not locked; {REMEDY}"
    assert requirement.specifier.contains(version, prereleases=True), REMEDY


def test_every_package_is_locked_with_hashes() -> None:
    text = (ROOT / "requirements" / "dev.lock").read_text()
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(entries) == len(locked())
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_training_packages_are_not_in_the_development_environment() -> None:
    assert not {"torch", "scikit-learn"} & set(locked())
