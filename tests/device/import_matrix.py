"""Every host import that a Rune may name: its types, and who is granted it by which manifest."""

from dataclasses import dataclass

# By import: its parameters, all i32, and the results that it may be declared with.
I32 = ("i32",)
NOTHING_OR_I32 = ("i32", "")


@dataclass(frozen=True, slots=True)
class HostImport:
    """One host function: `own` names what of a manifest grants it to a Rune of ours."""

    parameters: int
    results: tuple[str, ...]
    own: str  # "always", "capability", "output" or "never"
    original: bool = True


IMPORTS = {
    "runic.run": HostImport(2, I32, "always", original=False),
    "runic.model_open": HostImport(1, I32, "always", original=False),
    "env._debug": HostImport(2, I32, "always"),
    "env.request_capability": HostImport(1, I32, "capability"),
    "env.request_capability_set_param": HostImport(6, I32, "capability"),
    "env.request_provider_response": HostImport(3, I32, "never"),
    "env.request_output": HostImport(1, I32, "output"),
    "env.consume_output": HostImport(3, I32, "never"),
    "env.rune_model_load": HostImport(8, I32, "never"),
    "env.rune_model_infer": HostImport(3, I32, "never"),
    "env.rune_resource_open": HostImport(2, I32, "never"),
    "env.rune_resource_read": HostImport(3, I32, "never"),
    "env.rune_resource_close": HostImport(1, NOTHING_OR_I32, "never"),
    "env.tfm_preload_model": HostImport(4, I32, "never"),
    "env.tfm_model_invoke": HostImport(5, I32, "never"),
}
UNKNOWN = ("env.launch", "env.debug", "runic.debug", "runic._debug", "wasi.fd_write", "a.b.c")


def import_text(name: str, parameters: list[str], result: str, alias: str = "") -> str:
    """The import as text."""
    module, _, field = name.partition(".")
    types = "(param " + " ".join(parameters) + ")" if parameters else ""
    returned = f"(result {result})" if result else ""
    return f'(import "{module}" "{field}" (func {alias} {types} {returned}))'


def exact(name: str) -> list[str]:
    """The import with each type that it may have; of unknown ones, some type."""
    known = IMPORTS.get(name, HostImport(1, I32, "never"))
    return [import_text(name, ["i32"] * known.parameters, result) for result in known.results]


def wrong(name: str) -> list[str]:
    """The import with types that it must not have: one off, each in another place."""
    known = IMPORTS[name]
    right = ["i32"] * known.parameters
    variants = [
        (right[1:], "i32"),
        ([*right, "i32"], "i32"),
        ([*right[:-1], "i64"], "i32"),
        (["f32", *right[1:]], "i32"),
        (right, "i64"),
        (right, "f64"),
    ]
    if "" not in known.results:
        variants.append((right, ""))
    return [import_text(name, parameters, result) for parameters, result in variants]
