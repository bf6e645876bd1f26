"""Start what is to be measured, or else RunicOS."""

import mps

if mps.argument("measure") is None:
    import _runicos

    assert _runicos is not None
else:
    import board_measures

    board_measures.main()
