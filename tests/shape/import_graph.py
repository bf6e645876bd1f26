"""Who imports whom among our own modules, read from the sources without running them."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.shape.repository import ROOT, parsed

PACKAGES = {"runicd": ROOT / "host", "runicos": ROOT / "device"}
Graph = Mapping[str, frozenset[str]]


def module_files() -> dict[str, Path]:
    """Return every module of the two packages, by its dotted name."""
    modules = {}
    for package, base in PACKAGES.items():
        for path in sorted((base / package).rglob("*.py")):
            parts = path.relative_to(base).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            modules[name] = path
    return modules


def imported_names(tree: ast.AST) -> Iterator[str]:
    """Yield the dotted name of each import in a tree, wherever it stands.

    `from a import b` yields `a.b`, which may be a module or something inside `a`.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from (f"{module}.{alias.name}" for alias in node.names)


def import_graph() -> Graph:
    """Return, for each module, the modules of ours that it imports.

    An edge from a module to a package that contains it is left out, as Python makes it anyway.
    """
    modules = module_files()
    graph = {}
    for name, path in modules.items():
        targets = {_module_of(target, modules) for target in imported_names(parsed(path))}
        graph[name] = frozenset(
            t for t in targets if t and t != name and not name.startswith(f"{t}.")
        )
    return graph


def _module_of(name: str, modules: Mapping[str, Path]) -> str:
    """Return the longest prefix of a dotted name that is a module of ours, or nothing."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        candidate = ".".join(parts[:length])
        if candidate in modules:
            return candidate
    return ""


def find_cycle(graph: Graph) -> list[str]:
    """Return the modules along one import cycle, the first one again at its end, or nothing."""
    finished: set[str] = set()
    for start in graph:
        cycle = _visit(start, graph, [], finished)
        if cycle:
            return cycle
    return []


def _visit(module: str, graph: Graph, trail: list[str], finished: set[str]) -> list[str]:
    if module in trail:
        return [*trail[trail.index(module) :], module]
    if module in finished:
        return []
    for target in sorted(graph.get(module, ())):
        cycle = _visit(target, graph, [*trail, module], finished)
        if cycle:
            return cycle
    finished.add(module)
    return []
