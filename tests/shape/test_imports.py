"""Imports point one way: wiring files → stages → libraries → types, errors → contract."""

import ast

import pytest

from tests.shape.import_graph import (
    Graph,
    find_cycle,
    import_graph,
    imported_names,
    module_files,
)
from tests.shape.repository import files_with, parsed, shown

# The wiring files: they see every stage, and no stage sees them.
# (targets turns a name into a Link of the right kind, so it must know all kinds.)
# "" is the package itself, which offers the API's names.
HOST_WIRING = (
    "",
    "cli",
    "api",
    "bare_model",
    "targets",
    "simulate",
    "pytest_plugin",
    "__main__",
)
BOARD_WIRING = ("boot",)
# What any stage may use: shared types and errors, and tables and codecs that know no stage.
HOST_LEAVES = ("types", "errors", "files", "names", "board_files", "wav", "ports", "state")
HOST_LIBRARIES = ("blocks", "model", "keys")
# A Link, or the conversation over one, is handed to a stage as an argument; they are types like
# those of types.py; so is what a Rune's bytes say, and which files a user gave.
HOST_INTERFACES = (
    "runicd.links.base",
    "runicd.answers",
    "runicd.client",
    "runicd.greeting",
    "runicd.saga",
    "runicd.drift",
    "runicd.sim.sensors",
    "runicd.runefile.read_rune",
    "runicd.runefile.validate",
    "runicd.runefile.wasm_module",
    "runicd.runefile.describe",
)


def _part(module: str) -> str:
    """Return the stage (file or folder directly under the package) that a module belongs to."""
    return module.split(".")[1] if "." in module else ""


def _is_wiring(part: str) -> bool:
    return part in HOST_WIRING or part.startswith("cli_")


def _host_faults(graph: Graph) -> list[str]:
    faults = []
    for module, targets in graph.items():
        if not module.startswith("runicd") or _is_wiring(_part(module)):
            continue
        faults += [f"{module} imports {t}" for t in sorted(targets) if not _may(module, t)]
    return faults


def _may(module: str, target: str) -> bool:
    """Return whether a host module that is no wiring file may import this target."""
    if target.startswith("runicos"):
        return target.startswith("runicos.contract")
    mine, other = _part(module), _part(target)
    if other in {mine, ""} or other in HOST_LEAVES:
        return True
    if mine in HOST_LEAVES or mine in HOST_LIBRARIES:
        return False
    return other in HOST_LIBRARIES or target in HOST_INTERFACES


def _board_faults(graph: Graph) -> list[str]:
    faults = []
    for module, targets in graph.items():
        if not module.startswith("runicos"):
            continue
        is_contract = module.startswith("runicos.contract")
        for target in sorted(targets):
            to_contract = target.startswith("runicos.contract")
            if target.startswith("runicd") or (is_contract and not to_contract):
                faults.append(f"{module} imports {target}")
            elif _part(target) in BOARD_WIRING:
                faults.append(f"{module} imports the wiring file {target}")
    return faults


def test_both_packages_are_seen() -> None:
    modules = module_files()
    assert "runicd.types" in modules
    assert "runicos.contract.wire" in modules
    assert "runicos.contract.errors" in import_graph()["runicos.contract.admission"]


def test_host_stages_import_only_what_is_below_them() -> None:
    assert _host_faults(import_graph()) == []


def test_board_modules_import_neither_the_wiring_file_nor_the_host() -> None:
    assert _board_faults(import_graph()) == []


def test_no_import_cycles() -> None:
    assert find_cycle(import_graph()) == []


def test_only_hal_touches_the_machine_module() -> None:
    faults = [
        shown(path)
        for path in files_with(".py")
        if shown(path).startswith(("device/", "boards/"))
        # What real boards' hal.py share is in the latter.
        and path.name not in {"hal.py", "real_board.py"}
        and "machine" in {name.split(".")[0] for name in imported_names(parsed(path))}
    ]
    assert faults == []


def test_no_relative_imports() -> None:
    faults = [
        f"{shown(path)}:{node.lineno}"
        for path in files_with(".py")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert faults == []


@pytest.mark.parametrize(
    ("module", "target"),
    [
        ("runicd.cast", "runicd.sim"),
        ("runicd.cast", "runicd.cli"),
        ("runicd.cast", "runicd.links.tcp"),
        ("runicd.cast", "runicos.boot"),
        ("runicd.types", "runicd.model.facts"),
        ("runicd.blocks.fft", "runicd.model"),
    ],
)
def test_a_host_import_that_points_the_wrong_way_is_found(module: str, target: str) -> None:
    assert _host_faults({module: frozenset([target])}) == [f"{module} imports {target}"]


@pytest.mark.parametrize(
    ("module", "target", "fault"),
    [
        ("runicos.store", "runicos.boot", "runicos.store imports the wiring file runicos.boot"),
        ("runicos.contract.a", "runicos.store", "runicos.contract.a imports runicos.store"),
        ("runicos.store", "runicd.types", "runicos.store imports runicd.types"),
    ],
)
def test_a_board_import_that_points_the_wrong_way_is_found(
    module: str, target: str, fault: str
) -> None:
    assert _board_faults({module: frozenset([target])}) == [fault]


def test_a_cycle_is_found() -> None:
    graph = {"a": frozenset("b"), "b": frozenset("c"), "c": frozenset("b")}
    assert find_cycle(graph) == ["b", "c", "b"]
