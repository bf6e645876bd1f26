"""An MPS board in QEMU: a UART, flash that is read in place, sensors that are recordings."""

import sys

import console
import mps
import sensors

from runicos import partition, serial_console
from runicos.bodies_extents import ExtentBodies

_BODIES_PARTITION = 1


class Board:
    """What RunicOS asks of a board."""

    flash_root = "/runes"
    # Functions of native modules, as they are: watchdog(timeout_ms) starts it, last_fault() says
    # once what made the board restart.
    watchdog = console.watchdog
    last_fault = mps.take_fault

    def __init__(self) -> None:
        # As in "mps2-an500 with Cortex-M7F".
        machine, _, self.chip = sys.implementation._machine.split(" ", 2)  # noqa: SLF001
        self.kind = machine.replace("-", "_")
        self.name = mps.argument("name") or self.kind
        self.provider = "runicos:" + self.kind
        self._sensors = sensors.Options()
        self._sensors.random_seed = int(mps.argument("random") or 0)
        self.recordings = self._sensors.fed
        self.given_limit = mps.argument
        self.files_wear = mps.files_wear

    def facts(self) -> "dict[str, object]":
        """Return what never changes while the board runs."""
        return {
            "board": self.kind,
            "name": self.name,
            "chip": self.chip,
            "provider": self.provider,
            "capabilities": sensors.offered(self._sensors),
            "outputs": ["SERIAL", "TENSOR"],
            "clock": "emulated",
        }

    def capability(self, kind: str, params: "dict[str, object]") -> object:
        """Return a driver: its readinto(buffer) fills the buffer or raises."""
        return sensors.open_driver(kind, params, self._sensors)

    def bodies(self) -> object:
        """Return where Runes' bytes lie: a partition of the flash that is read in place."""
        return ExtentBodies(self.flash_root, partition.open_rom(_BODIES_PARTITION))

    def console(self) -> object:
        """Take over the serial port."""
        return serial_console.start()

    def listener(self) -> None:
        """Return no listener: the board has no network."""

    def reset_cause(self) -> str:
        """Return why the board started, if it was no fault."""
        return "reset" if mps.was_restarted() else "power on"

    def temperature_c(self) -> "float | None":
        """Return the temperature that was fed; None without one."""
        return self.recordings.measured("temperature_c")

    def battery_mv(self) -> "float | None":
        """Return the battery's voltage that was fed; None without one."""
        return self.recordings.measured("battery_mv")

    def ready(self) -> None:
        """Tell whoever started the board that it serves."""
        mps.log("runicos: ready\n")

    def reset(self) -> None:
        """Restart the whole board."""
        import machine

        # The stubs are the unix port's, which has no reset.
        machine.reset()  # type: ignore[attr-defined]
