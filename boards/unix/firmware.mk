# Build the simulated board's firmware; the top Makefile calls this with ROOT and JOBS given and
# MPY_DIR and the RUNIC_*_DIR folders exported.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.SUFFIXES:
MAKEFLAGS += --no-print-directory

BOARD_FOLDER := $(ROOT)/boards/unix

# Undefined behaviour is reported on standard error and fatal only with
# UBSAN_OPTIONS=halt_on_error=1: MicroPython itself shifts and offsets in ways UBSan dislikes.
SANITIZER_FLAGS := -fsanitize=address,undefined -fno-omit-frame-pointer \
    -fno-sanitize=nonnull-attribute,alignment --param asan-use-after-return=0
ifdef SANITIZE
BUILD := $(ROOT)/build/unix-asan
PORT_FLAGS := CFLAGS_EXTRA="$(SANITIZER_FLAGS) -Wno-maybe-uninitialized" \
    LDFLAGS_EXTRA="$(SANITIZER_FLAGS)" STRIP=
else
BUILD := $(ROOT)/build/unix
PORT_FLAGS :=
endif

include $(ROOT)/boards/nn_options.mk

# MicroPython's make does not see a changed flag or a new module: what decides those is kept in
# a stamp, and another stamp starts the build over.
CONFIGURATION := $(wildcard $(ROOT)/native_modules/*/micropython.mk $(BOARD_FOLDER)/variant/*)
STAMP := $(BUILD)/.built-from-$(shell \
    { echo '$(MPY_DIR) $(PORT_FLAGS)'; sha256sum $(sort $(CONFIGURATION)); } | sha256sum | cut -c1-16)

include $(ROOT)/boards/mpy_cross.mk
include $(ROOT)/boards/stated/board_module.mk

.PHONY: firmware

firmware: $(STAMP) mpy-cross board-module
	@$(MAKE) -s -j$(JOBS) -C $(MPY_DIR)/ports/unix VARIANT_DIR=$(BOARD_FOLDER)/variant \
	    BUILD=$(BUILD) FROZEN_MANIFEST=$(BOARD_FOLDER)/manifest.py \
	    USER_C_MODULES=$(ROOT)/native_modules \
	    MICROPY_MPYCROSS=$(MPY_CROSS) MICROPY_MPYCROSS_DEPENDENCY= $(PORT_FLAGS)
	@$(call settle,$(BUILD))
	@echo "firmware: $(BUILD)/micropython"

board-module: $(STAMP)

$(STAMP):
	@rm -rf $(BUILD) && mkdir -p $(BUILD) && touch $@
