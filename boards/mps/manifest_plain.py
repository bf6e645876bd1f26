"""What the firmware of an MPS board freezes without RunicOS: files mounted, asyncio."""

include("$(MPY_DIR)/extmod/asyncio")
module("_boot.py")
