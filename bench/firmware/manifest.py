"""What a firmware that is to be measured freezes: the board's own, and what measures it."""

include("../../boards/mps/manifest.py")

for name in ("_bench", "board_load", "board_measures", "board_overhead", "region_numbers"):
    module(name + ".py")
