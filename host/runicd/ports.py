"""The serial ports there are, to be named where one is not."""

from __future__ import annotations

from runicd.errors import LinkError

_MOST_NAMED = 6


def no_such_port(port: str) -> LinkError:
    """Return the error for a port that does not exist, which names those that do."""
    from serial.tools import list_ports  # noqa: PLC0415 - slow to load, only for an error

    found = sorted(other.device for other in list_ports.comports())
    named = ", ".join(found[:_MOST_NAMED]) + (" ..." if len(found) > _MOST_NAMED else "")
    remedy = f"there are {named}" if found else "there is no serial port here; plug the board in"
    return LinkError("there is no such port", where=port, remedy=remedy)
