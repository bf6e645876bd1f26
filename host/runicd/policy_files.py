"""Policy files: TOML in, a checked policy out, or what is wrong in which line."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from runicd.errors import InputError
from runicd.files import read_bytes
from runicd.keys.files import id_of as key_id_of
from runicd.runefile.describe import limit_names
from runicos.contract import policy

_FILE_BYTES_MAX = 65_536
_RULE = re.compile(r"\s*\[\[\s*rules?\s*\]\]")
_REMEDY = "docs/grants.md describes policies"


def read_policy(path: Path) -> dict[str, Any]:
    """Return the policy that a file holds, as boards take it. Raises InputError with the line."""
    data = read_bytes(path)
    if len(data) > _FILE_BYTES_MAX:
        raise InputError("a policy is not that large", where=str(path), remedy=_REMEDY)
    try:
        text = data.decode("utf-8")
        found = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8", where=str(path), remedy=_REMEDY) from error
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        where = f"{path}:{line[1]}" if line else str(path)
        raise InputError(f"is no TOML: {error}", where=where, remedy=_REMEDY) from error
    value = {"rules": _with_ids(found.pop("rule", [])), **found}
    fault = policy.fault_of_policy(value) or _fault_of_limits(value["rules"])
    if fault is not None:
        rule, key, words = fault
        key = "rule" if key == "rules" else key
        what = f"rule {rule}: `{key}` {words}" if rule and key else f"`{key or 'rule'}` {words}"
        where = f"{path}:{_line_of(text, rule, key)}"
        raise InputError(what, where=where, remedy=_REMEDY)
    return value


def _with_ids(rules: Any) -> Any:
    """Return rules with the ids of the keys that they name; what names none is left as it is."""
    if not isinstance(rules, list):
        return rules
    return [
        rule | {"signer": _id_of(rule["signer"])}
        if isinstance(rule, dict) and isinstance(rule.get("signer"), str)
        else rule
        for rule in rules
    ]


def _id_of(text: str) -> bytes | str:
    try:
        return key_id_of(text)
    except InputError:
        return text


def _fault_of_limits(rules: list[dict[str, Any]]) -> tuple[int, str, str] | None:
    """Return rule, key and words for a limit of a checked policy that no Rune could keep to."""
    for number, rule in enumerate(rules, 1):
        for kind, limits in rule.get("limits", {}).items():
            known = limit_names(kind)
            for name, most in limits.items():
                if name not in known:
                    words = f"has {name} for {kind}, which has only {', '.join(known)}"
                    return number, "limits", words
                # Not `<`: what is no number is no limit.
                if not most >= 0:
                    return (
                        number,
                        "limits",
                        f"has {name} = {most} for {kind}, which is no number from 0",
                    )
    return None


def _line_of(text: str, rule: int, key: str) -> int:
    """Return the line in which a key of a rule stands, or the rule's own."""
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines, 1) if _RULE.match(line)]
    begin = starts[rule - 1] if 0 < rule <= len(starts) else 1
    end = starts[rule] - 1 if rule < len(starts) else len(lines)
    for number in range(begin, end + 1):
        if key and re.match(rf"\s*(\[rule\.)?{re.escape(key)}\b", lines[number - 1]):
            return number
    return begin


def policy_text(value: dict[str, Any]) -> str:
    """Return a checked policy as TOML."""
    lines = [f'{key} = "{value[key]}"' for key in ("default", "unsigned") if key in value]
    for rule in value["rules"]:
        lines += ["", "[[rule]]", *(f"{key} = {_toml(rule[key])}" for key in sorted(rule))]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(value[key])}" for key in sorted(value)) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, bytes):
        return f'"{value.hex()}"'
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)
