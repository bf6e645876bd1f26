# Build the firmware of an MPS board; the top Makefile calls this through the board's own file,
# with ROOT, JOBS and BOARD given and MPY_DIR and the RUNIC_*_DIR folders exported. PLAIN=1 leaves
# RunicOS out: MicroPython with the native modules, as `runicd install` expects it;
# BENCH=1 adds what measures it, see bench/firmware.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.SUFFIXES:
MAKEFLAGS += --no-print-directory

BOARD_FOLDER := $(ROOT)/boards/$(BOARD)
PORT_FOLDER := $(ROOT)/boards/mps
BUILD := $(ROOT)/build/$(BOARD)$(if $(PLAIN),-plain)$(if $(BENCH),-bench)
MANIFEST := $(PORT_FOLDER)/$(if $(PLAIN),manifest_plain.py,manifest.py)
ifdef BENCH
MANIFEST := $(ROOT)/bench/firmware/manifest.py
export RUNIC_BENCH := 1
endif

include $(ROOT)/boards/mpy_cross.mk

# board.toml is where the board's memory is stated.
stated = $(shell sed -n 's/^$(1) = \([0-9_]*\).*/\1/p' $(BOARD_FOLDER)/board.toml | tr -d _)

PORT_FLAGS := BOARD_FOLDER=$(BOARD_FOLDER) HEAP_BYTES=$(call stated,heap_bytes) \
    RAM_BYTES=$(call stated,ram_bytes)

include $(ROOT)/boards/nn_options.mk
include $(ROOT)/boards/stated/board_module.mk

CONFIGURATION := $(wildcard $(ROOT)/native_modules/*/micropython.mk $(PORT_FOLDER)/* $(BOARD_FOLDER)/*)
STAMP := $(BUILD)/.built-from-$(shell \
    { echo '$(MPY_DIR) $(PORT_FLAGS)'; sha256sum $(sort $(filter %.mk %.h %.toml,$(CONFIGURATION))); } \
    | sha256sum | cut -c1-16)

.PHONY: firmware

firmware: $(STAMP) mpy-cross board-module
	@$(MAKE) -s -j$(JOBS) -C $(PORT_FOLDER) -f port.mk BUILD=$(BUILD) FROZEN_MANIFEST=$(MANIFEST) \
	    USER_C_MODULES=$(ROOT)/native_modules \
	    MICROPY_MPYCROSS=$(MPY_CROSS) MICROPY_MPYCROSS_DEPENDENCY= $(PORT_FLAGS)
	@$(call settle,$(BUILD))
	@$(if $(BENCH),,$(ROOT)/.venv/bin/python $(ROOT)/tools/check_budget.py \
	    $(BOARD_FOLDER)/board.toml $(BUILD)/firmware.elf)
	@echo "firmware: $(BUILD)/firmware.elf"

board-module: $(STAMP)

$(STAMP):
	@rm -rf $(BUILD) && mkdir -p $(BUILD) && touch $@
