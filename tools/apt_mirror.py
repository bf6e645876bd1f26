"""Which Debian mirror this machine uses, read from its own apt configuration.

Both formats of sources.list(5) are understood: one line an entry (.list) and deb822 stanzas
(.sources). The answer carries the key that the machine trusts for that mirror, so that a source
package of another suite can be fetched from it without changing the machine's configuration.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_ONE_LINE = re.compile(r"^deb\s+(?:\[(?P<options>[^\]]*)\]\s+)?(?P<uri>\S+)\s+(?P<rest>.+)$")


@dataclass(frozen=True, slots=True)
class Mirror:
    """One archive that apt is configured to use, with what it is trusted by."""

    uri: str
    suite: str
    signed_by: str = ""
    trusted: str = ""

    def stanza(self, suite: str) -> str:
        """Return the deb822 entry that fetches source packages of `suite` from this mirror."""
        lines = ["Types: deb-src", f"URIs: {self.uri}", f"Suites: {suite}", "Components: main"]
        if self.signed_by:
            lines.append(f"Signed-By: {self.signed_by}")
        if self.trusted:
            lines.append(f"Trusted: {self.trusted}")
        return "\n".join(lines) + "\n"


def mirrors() -> list[Mirror]:
    """Return the machine's mirrors, the one of the installed release first.

    Entries for security updates are left out: those archives hold no full suite.
    """
    found: dict[str, Mirror] = {}
    release = _release_codename()
    candidates = [m for m in _configured() if "security" not in f"{m.uri} {m.suite}"]
    for mirror in sorted(candidates, key=lambda m: m.suite != release):
        found.setdefault(mirror.uri.rstrip("/"), mirror)
    return list(found.values())


def _configured() -> Iterator[Mirror]:
    for path in _source_files():
        text = path.read_text(encoding="utf-8")
        parse = _from_stanzas if path.suffix == ".sources" else _from_lines
        yield from parse(text)


def _source_files() -> Iterator[Path]:
    variables = _apt_variables()
    single = Path(variables.get("SOURCE_LIST", "/etc/apt/sources.list"))
    if single.is_file():
        yield single
    folder = Path(variables.get("SOURCE_PARTS", "/etc/apt/sources.list.d"))
    if folder.is_dir():
        yield from sorted(p for p in folder.iterdir() if p.suffix in {".list", ".sources"})


def _apt_variables() -> dict[str, str]:
    wanted = ["SOURCE_LIST", "Dir::Etc::sourcelist/f", "SOURCE_PARTS", "Dir::Etc::sourceparts/d"]
    done = subprocess.run(
        ["apt-config", "shell", *wanted], capture_output=True, text=True, check=True
    )
    return dict(re.findall(r"^(\w+)='(.*)'$", done.stdout, flags=re.MULTILINE))


def _from_lines(text: str) -> Iterator[Mirror]:
    for line in text.splitlines():
        match = _ONE_LINE.match(line.split("#")[0].strip())
        if match is None:
            continue
        suite, *components = match["rest"].split()
        words = (match["options"] or "").split()
        options = dict(word.split("=", 1) for word in words if "=" in word)
        if "main" in components:
            yield Mirror(
                match["uri"], suite, options.get("signed-by", ""), options.get("trusted", "")
            )


def _from_stanzas(text: str) -> Iterator[Mirror]:
    for stanza in re.split(r"\n\s*\n", text):
        fields = _fields(stanza)
        if fields.get("enabled", "yes").lower() in {"no", "false", "0"}:
            continue
        if "deb" in fields.get("types", "").split() and "main" in fields.get("components", ""):
            yield from _from_fields(fields)


def _from_fields(fields: Mapping[str, str]) -> Iterator[Mirror]:
    for uri in fields.get("uris", "").split():
        for suite in fields.get("suites", "").split():
            yield Mirror(uri, suite, fields.get("signed-by", ""), fields.get("trusted", ""))


def _fields(stanza: str) -> dict[str, str]:
    """Return a stanza's fields; a value keeps its continuation lines (a key may be inline)."""
    fields: dict[str, str] = {}
    name = ""
    for line in stanza.splitlines():
        if line.startswith("#"):
            continue
        if line[:1] in {" ", "\t"} and name:
            fields[name] += "\n" + line
        elif ":" in line:
            name, value = line.split(":", 1)
            name = name.strip().lower()
            fields[name] = value.strip()
    return fields


def _release_codename() -> str:
    path = Path(os.environ.get("OS_RELEASE", "/etc/os-release"))
    if not path.is_file():
        return ""
    match = re.search(r'^VERSION_CODENAME="?(\w+)', path.read_text("utf-8"), flags=re.MULTILINE)
    return match[1] if match else ""
