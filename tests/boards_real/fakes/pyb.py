"""MicroPython's `pyb` on a board that is a recording; only what a hal.py uses."""

import replay


class Pin:
    def __init__(self, name: str) -> None:
        self.name = name


class Timer:
    def __init__(self, number: int, *, freq: int) -> None:
        self.text = "timer %d" % number
        replay.say("%s freq=%d" % (self.text, freq))

    def deinit(self) -> None:
        replay.say("%s deinit" % self.text)


class ADC:
    def __init__(self, pin: Pin) -> None:
        self._text = "pyb.adc %s" % pin.name
        replay.say("%s init" % self._text)

    def read_timed(self, readings: object, timer: Timer) -> int:
        answer = replay.say("%s read %d by %s" % (self._text, len(readings), timer.text))
        for at in range(len(answer) // 2):
            readings[at] = answer[2 * at] | answer[2 * at + 1] << 8
        return len(answer)
