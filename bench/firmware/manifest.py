"""What a firmware that is to be measured freezes: the board's own, and what measures it."""

include("../../boards/mps/manifest.py")

_MEASURING = ("board_load", "board_measures", "board_overhead", "board_signature")

for name in ("_bench", "region_numbers", *_MEASURING):
    module(name + ".py")
