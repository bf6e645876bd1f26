"""MicroPython's `esp32` on a board that is a recording."""

import replay


def mcu_temperature() -> int:
    return replay.say("esp32 temperature")[0]
