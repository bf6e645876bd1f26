"""The numbers in docs/arithmetic.md are those that the reference computes."""

import doctest

from tests.board import ROOT


def test_the_worked_example_is_what_the_reference_computes() -> None:
    found = doctest.testfile(str(ROOT / "docs" / "arithmetic.md"), module_relative=False)
    assert found.attempted >= 10
    assert found.failed == 0
