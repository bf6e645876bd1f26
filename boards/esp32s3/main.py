"""Start RunicOS; MicroPython runs this after power-on."""

import hal

from runicos import boot

boot.main(hal.Board())
