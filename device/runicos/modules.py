"""What is in memory only for a time: the modules that few boards need at once.

What runs Runes is loaded while there is a Rune, and when a host asks what is free. What reads and
checks a Rune is gone again when it is built: that memory is for the Rune. What takes in an upload
is there as long as the upload lasts; admission keeps memory for that and for the self-test.

What is loaded and let go again should be imported by `from runicos.x import y` somewhere: then its
full name lies in flash, where `from runicos import x` makes it anew in memory, for good.
"""

import sys

_PACKAGE = "runicos"
_RUNNING = (
    "contract.element",
    "contract.checked_manifest",
    "slot",
    "host_api",
    "container",
)
_LOADING = (
    "contract.signature",
    "trust",
    "floors",
    "contract.release_order",
    "reading",
    "contract.rune_manifest",
    "contract.memory",
    "contract.admission",
    "sections",
    "facts",
    "check",
    "contract.patterns",
    "contract.policy",
    "contract.sentences",
    "grants",
    "permit",
    "declared",
    "golden",
    "original_host",
    "original",
    "record",
    "limits",
    "restarts",
    "metering",
    "watching",
    "pointer",
    "versions",
    "shared",
    "sharing",
    "pending",
    "waiting",
    "room",
    "extent_places",
)
_STORING = (
    "receive",
    "installing",
    "upload",
    "recovery",
    "extent_upload",
    "extent_gathering",
    "wear",
    "successor",
    "patching",
)
_REQUESTS = (
    "requests_rare",
    "chunked",
    "requests_trust",
    "requests_saga",
    "requests_store",
    "owner",
    "requests_grants",
    "resuming",
    "wear",
)


def load_sandbox() -> None:
    """Load what runs Runes, and only that: what it takes must not count as free for a Rune."""
    for name in _RUNNING:
        __import__(_PACKAGE + "." + name)
    _forget(_LOADING)


def unload_sandbox() -> None:
    """Let go what loads and runs Runes; whoever needs a module loads it again."""
    _forget(_LOADING + _RUNNING)


def unload_loading() -> None:
    """Let go what reads, checks and tests Runes."""
    _forget(_LOADING)


def unload_storing() -> None:
    """Let go what writes Runes to flash and reads them."""
    _forget(_STORING + _LOADING)


def unload_requests() -> None:
    """Let go what answers the requests that are rarely made."""
    _forget(_REQUESTS + _LOADING)


def hide() -> None:
    """Take the modules' names out of their packages: dir(runicos) is to name what there is to use.

    Imports find them all the same.
    """
    for package in (sys.modules[_PACKAGE], sys.modules[_PACKAGE + ".contract"]):
        names = package.__dict__
        for name in list(names):
            if isinstance(names[name], type(sys)):
                del names[name]


def _forget(names: "tuple[str, ...]") -> None:
    hide()
    for name in names:
        sys.modules.pop(_PACKAGE + "." + name, None)
