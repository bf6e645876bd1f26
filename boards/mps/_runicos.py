"""Start RunicOS on an MPS board."""

import hal

from runicos import boot

boot.main(hal.Board())
