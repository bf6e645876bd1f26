"""Start RunicOS on an MPS board."""

import mps

try:
    import hal

    from runicos import boot

    boot.main(hal.Board())
except MemoryError as error:
    mps.log("MemoryError: %s\n" % error)
    raise
