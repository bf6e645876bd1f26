"""What is in memory only while there is a Rune: the modules that read, check and run one.

Recording needs some of them, and goes with them.
"""

import sys

_PACKAGE = "runicos"
_MODULES = (
    "contract.element",
    "contract.rune_manifest",
    "contract.memory",
    "contract.admission",
    "slot",
    "check",
    "host_api",
    "golden",
    "container",
    "original",
    "record",
)


def load() -> None:
    """Load all of them: what they take must not count as free for a Rune."""
    for name in _MODULES:
        __import__(_PACKAGE + "." + name)
    hide()


def unload() -> None:
    """Let them go; whoever needs one loads it again."""
    hide()
    for name in _MODULES:
        sys.modules.pop(_PACKAGE + "." + name, None)


def hide() -> None:
    """Take the modules' names out of their packages: dir(runicos) is to name what there is to use.

    Imports find them all the same.
    """
    for name in list(sys.modules):
        parent, _, short = name.rpartition(".")
        if parent.startswith(_PACKAGE) and hasattr(sys.modules[parent], short):
            delattr(sys.modules[parent], short)
