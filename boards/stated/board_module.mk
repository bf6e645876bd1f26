# What a firmware knows of its board.toml: the module board_toml, made by host/runicd/install/board_module.py and
# frozen by manifest.py. Included by the boards' firmware.mk, which say BOARD_FOLDER and
# BUILD, and whose rule depends on board-module.

export RUNIC_BOARD_MODULE_DIR := $(BUILD)/board_toml

.PHONY: board-module
board-module:
	@$(ROOT)/.venv/bin/python $(ROOT)/host/runicd/install/board_module.py $(BOARD_FOLDER)/board.toml \
	    $(RUNIC_BOARD_MODULE_DIR)/board_toml.py
