"""Tells the three forms apart and parses whichever it is."""

from __future__ import annotations

import re

from runicd.runefile.faults import Faults
from runicd.runefile.parse_old import OldParser
from runicd.runefile.source import Source
from runicd.runefile.statements import read_statements
from runicd.runefile.syntax import Document

_YAML_LINE = re.compile(r"(---|%YAML|\{|[\w\"'$-]+\s*:(\s|$))")


def is_yaml(source: Source) -> bool:
    """Tell the YAML form by the file's suffix, or else by its first line that says something."""
    if source.file.lower().endswith((".yml", ".yaml")):
        return True
    for line in source.text.split("\n"):
        text = line.strip()
        if text and not text.startswith("#"):
            return _YAML_LINE.match(text) is not None
    return False


def parse(source: Source, faults: Faults) -> Document | None:
    """Parse a Runefile of any form; None after a fault that leaves nothing to read."""
    if is_yaml(source):
        from runicd.runefile.parse_yaml import parse_yaml  # noqa: PLC0415 - old forms need no YAML

        return parse_yaml(source, faults)
    statements, comments = read_statements(source, faults)
    return OldParser(source.file, faults).document(statements, comments)
