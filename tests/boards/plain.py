"""A board of plain MicroPython with the native modules, in QEMU: what `runicd install` is for."""

import os
import subprocess
import tty
from pathlib import Path
from typing import Self

import pytest

from tests.board import ROOT

FIRMWARE = ROOT / "build" / "mps2_an500-plain" / "firmware.elf"


class PlainBoard:
    """A running board; its serial line is a pty, its flash a file in `folder`."""

    def __init__(self, folder: Path) -> None:
        if not FIRMWARE.is_file():
            pytest.fail(f"{FIRMWARE}: no firmware; run `make firmware BOARD=mps2_an500 PLAIN=1`")
        self._folder = folder
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        self._start()

    def _start(self) -> None:
        semihosting = "enable=on,target=native,arg=runicos,arg=flash=flash.bin,arg=name=plain"
        command = ["qemu-system-arm", "-M", "mps2-an500", "-display", "none", "-monitor", "none"]
        command += ["-chardev", "stdio,id=line,signal=off", "-serial", "chardev:line"]
        command += ["-semihosting-config", semihosting, "-kernel", str(FIRMWARE)]
        with (self._folder / "log.txt").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=self._master,
                stdout=self._master,
                stderr=log,
                cwd=self._folder,
                start_new_session=True,
            )

    def cut_power(self) -> None:
        """Kill the board and start it again with the flash that it had."""
        self._process.kill()
        self._process.wait()
        self._start()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._master)
        os.close(self._slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
