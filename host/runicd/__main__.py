"""Where the programs start: `runicd`, `rune`, `hmr`, and `python -m runicd`.

Loading the command line takes longer than it takes to press Ctrl-C.
"""

import sys

_INTERRUPTED = 130


def main() -> int:
    """Run as `runicd`."""
    return _start("main")


def main_rune() -> int:
    """Run as `rune`."""
    return _start("main_rune")


def main_hmr() -> int:
    """Run as `hmr`."""
    return _start("main_hmr")


def _start(name: str) -> int:
    try:
        from runicd import cli  # noqa: PLC0415 - see above

        code: int = getattr(cli, name)()
    except KeyboardInterrupt:
        return _INTERRUPTED
    return code


if __name__ == "__main__":
    sys.exit(main())
