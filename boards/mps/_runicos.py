"""Start RunicOS on an MPS board."""

import mps

try:
    import hal

    from runicos.boot import main

    main(hal.Board())
except MemoryError as error:
    mps.log("MemoryError: %s\n" % error)
    raise
