"""The commands that read and write files and need no board: inspect, graph, model-info, fmt …"""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from runicd.cli_show import Show
from runicd.errors import InputError
from runicd.files import write_bytes


def inspect(arguments: Namespace, show: Show) -> int:
    """Show what is in a Rune."""
    from runicd.inspect import inspect_rune, render
    from runicd.runefile.open_rune import open_rune

    found = inspect_rune(open_rune(arguments.rune).data)
    if show.json or arguments.format == "json":
        show.value(found.to_json())
    else:
        show.line(render(found))
    return 0


def graph(arguments: Namespace, show: Show) -> int:
    """Draw a Rune: Mermaid to the terminal, or a file in the form of its suffix."""
    from runicd import graph as drawing
    from runicd.runefile.open_rune import open_rune

    writers = {
        ".svg": drawing.to_svg,
        ".dot": drawing.to_dot,
        ".gv": drawing.to_dot,
        ".mmd": drawing.to_mermaid,
    }
    target = Path(arguments.output) if arguments.output else None
    if target is not None and target.suffix not in writers:
        remedy = f"end it in {', '.join(writers)}"
        raise InputError(
            "is no kind of picture that runicd draws", where=str(target), remedy=remedy
        )
    picture = drawing.picture_of(open_rune(arguments.rune).data)
    if target is None:
        show.line(drawing.to_mermaid(picture).rstrip("\n"))
        return 0
    write_bytes(target, writers[target.suffix](picture).encode())
    show.note(str(target))
    return 0


def fmt(arguments: Namespace, show: Show) -> int:
    """Rewrite Runefiles in canonical form; with --check only tell which would change."""
    from runicd.runefile.build import find_runefile
    from runicd.runefile.rewrite import format_runefile
    from runicd.runefile.source import read_source

    changed = 0
    for name in arguments.runefile or ["."]:
        path = find_runefile(name)
        source = read_source(path)
        text = format_runefile(source)
        if text == source.text:
            continue
        changed += 1
        if arguments.check:
            show.line(f"{path}: would be rewritten")
        else:
            write_bytes(path, text.encode())
            show.note(f"{path}: rewritten")
    return 1 if arguments.check and changed else 0


def convert(arguments: Namespace, show: Show) -> int:
    """Write the YAML form of a Runefile, to the terminal or a file."""
    from runicd.runefile.rewrite import convert_runefile

    text = convert_runefile(arguments.runefile)
    if arguments.output:
        write_bytes(Path(arguments.output), text.encode())
        show.note(arguments.output)
    else:
        show.line(text.rstrip("\n"))
    return 0


def new(arguments: Namespace, show: Show) -> int:
    """Lay down a starter project."""
    from runicd.new import new_project

    for path in new_project(arguments.name):
        show.note(str(path))
    show.note(f"next: cd {arguments.name} && runicd build && pytest")
    return 0
