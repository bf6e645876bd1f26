"""Freezes what a board's firmware knows of its board.toml; board_module.mk makes that module."""

import os

module("board_toml.py", base_path=os.environ["RUNIC_BOARD_MODULE_DIR"])
