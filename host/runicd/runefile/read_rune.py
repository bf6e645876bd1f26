"""Reads any `.rune` safely: RunicOS's own and those of the original toolchain.

Every length is checked before it is used, every section's content before it is believed; what is
wrong is a RuneFormatError that says where. Nothing of a Rune is run here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runicd.errors import RuneFormatError
from runicd.runefile.wasm_module import WasmModule, read_module
from runicos.contract import cbor, rune_manifest, signature
from runicos.contract.checked_manifest import Manifest
from runicos.contract.errors import RuneError
from runicos.contract.sentences import sentence

KNOWN_SECTIONS = ("runic.manifest", "runic.model", "runic.block", "runic.golden", signature.NAME)
_GOLDEN_KEYS = {"inputs", "outputs", "tolerance"}


@dataclass(frozen=True, slots=True)
class RuneFile:
    """A read Rune. `manifest` and its checked form are None for an original Rune."""

    module: WasmModule
    fields: Mapping[str, Any] | None
    manifest: Manifest | None
    models: tuple[bytes, ...]
    blocks: tuple[bytes, ...]
    golden: tuple[Mapping[str, Any], ...]
    resources: Mapping[str, bytes]
    graph: Mapping[str, Any] | None
    version: str | None

    @property
    def is_original(self) -> bool:
        """Tell a Rune of the original toolchain, which carries no manifest."""
        return self.fields is None


def read_rune(data: bytes) -> RuneFile:
    """Read a Rune's bytes. Raises RuneFormatError."""
    module = read_module(data)
    _refuse_newer(module)
    _check_signature(module, data)
    fields, manifest = _manifest(module)
    models = tuple(unpad(payload, "runic.model") for payload in module.custom("runic.model"))
    blocks = tuple(unpad(payload, "runic.block") for payload in module.custom("runic.block"))
    if manifest is not None:
        _check_parts(manifest, models, blocks)
    return RuneFile(
        module,
        fields,
        manifest,
        models,
        blocks,
        tuple(_golden(payload) for payload in module.custom("runic.golden")),
        _resources(module),
        _json(module, (".rune_graph",)),
        _version(module),
    )


def _refuse_newer(module: WasmModule) -> None:
    for section in module.sections:
        if (
            section.id == 0
            and section.name.startswith("runic.")
            and section.name not in KNOWN_SECTIONS
        ):
            place = f'section "{section.name}" at byte {section.offset}'
            what = f"{place} is unknown: the Rune was made by a newer runicd"
            raise RuneFormatError(what, remedy="update runicd")


def _check_signature(module: WasmModule, data: bytes) -> None:
    """Refuse a signature that boards would refuse whatever it says: it has one form and place."""
    found = [section for section in module.sections if section.name == signature.NAME]
    if not found:
        return
    place = f'section "{signature.NAME}" at byte {found[0].offset}'
    remedy = "sign the Rune again, with `runicd sign`"
    if len(found) > 1:
        raise RuneFormatError(f"the Rune has {len(found)} signatures", remedy=remedy)
    if found[0] is not module.sections[-1]:
        raise RuneFormatError(f"{place} is not the last: something follows it", remedy=remedy)
    if signature.read(data) is None:
        what = f"{place} has not the one form of {signature.SECTION_BYTES} bytes"
        raise RuneFormatError(what, remedy=remedy)


def _manifest(module: WasmModule) -> tuple[Mapping[str, Any] | None, Manifest | None]:
    payloads = module.custom("runic.manifest")
    if not payloads:
        if module.custom("runic.model") or module.custom("runic.block"):
            raise RuneFormatError(
                "the Rune has models or blocks but no manifest", remedy="build it again"
            )
        return None, None
    if len(payloads) > 1:
        raise RuneFormatError(f"the Rune has {len(payloads)} manifests", remedy="build it again")
    try:
        fields = cbor.loads(payloads[0])
        manifest = rune_manifest.parse(fields)
    except ValueError as error:
        raise RuneFormatError(
            f"the manifest is no CBOR: {error}", remedy="build it again"
        ) from None
    except RuneError as error:
        raise RuneFormatError(sentence(error.code, error.arguments)) from None
    assert isinstance(fields, dict)
    return fields, manifest


def unpad(payload: bytes, what: str) -> bytes:
    """Take away the padding that aligns a model or block in the file. Raises RuneFormatError."""
    if not payload or payload[0] >= len(payload) or any(payload[1 : 1 + payload[0]]):
        raise RuneFormatError(f"a {what} section is padded wrongly", remedy="build the Rune again")
    return payload[1 + payload[0] :]


def _check_parts(manifest: Manifest, models: tuple[bytes, ...], blocks: tuple[bytes, ...]) -> None:
    """Check that what the manifest promises is there, byte for byte."""
    custom = [block for block in manifest.blocks if "section" in block]
    for kind, records, parts in (("model", manifest.models, models), ("block", custom, blocks)):
        for record in records:
            index = record["section"]
            if not isinstance(index, int) or index >= len(parts):
                raise RuneFormatError(
                    f'{kind} "{record["name"]}" has no section', remedy="build the Rune again"
                )
            if hashlib.sha256(parts[index]).digest() != record["sha256"]:
                raise RuneFormatError(
                    f'{kind} "{record["name"]}" differs from its hash',
                    remedy="build the Rune again",
                )


def _golden(payload: bytes) -> Mapping[str, Any]:
    fault = RuneFormatError("a golden vector is damaged", remedy="build the Rune again")
    try:
        vector = cbor.loads(payload)
    except ValueError:
        raise fault from None
    if not isinstance(vector, dict) or set(vector) != _GOLDEN_KEYS:
        raise fault
    if not isinstance(vector["inputs"], dict) or not isinstance(vector["outputs"], dict):
        raise fault
    outputs = vector["outputs"].values()
    if not all(isinstance(value, bytes) for value in vector["inputs"].values()):
        raise fault
    if not all(
        isinstance(value, list) and all(isinstance(part, bytes) for part in value)
        for value in outputs
    ):
        raise fault
    return vector


def _resources(module: WasmModule) -> dict[str, bytes]:
    """Read `.rune_resource`: repeated big-endian length, name, big-endian length, data."""
    found: dict[str, bytes] = {}
    for payload in module.custom(".rune_resource"):
        at = 0
        while at < len(payload):
            name, at = _counted(payload, at)
            data, at = _counted(payload, at)
            try:
                found[name.decode()] = data
            except UnicodeDecodeError:
                raise RuneFormatError("a resource's name is not UTF-8") from None
    return found


def _counted(payload: bytes, at: int) -> tuple[bytes, int]:
    length = int.from_bytes(payload[at : at + 4], "big")
    if len(payload) - at < 4 or length > len(payload) - at - 4:
        raise RuneFormatError(
            "a resource's length runs past its section", remedy="build the Rune again"
        )
    return payload[at + 4 : at + 4 + length], at + 4 + length


def _json(module: WasmModule, names: tuple[str, ...]) -> Mapping[str, Any] | None:
    payloads = [payload for name in names for payload in module.custom(name)]
    if not payloads:
        return None
    try:
        value = json.loads(payloads[0])
    except (ValueError, RecursionError):
        raise RuneFormatError(
            f"section {names[0]} is no JSON", remedy="build the Rune again"
        ) from None
    if not isinstance(value, dict):
        raise RuneFormatError(
            f"section {names[0]} is no JSON object", remedy="build the Rune again"
        )
    return value


def _version(module: WasmModule) -> str | None:
    value = _json(module, (".rune_version", "rune_version"))
    return str(value["version"]) if value and "version" in value else None
