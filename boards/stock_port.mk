# Build a real board's firmware with MicroPython's own port to its chip: RunicOS's native modules
# and manifest are added, and the board's settings (mpconfigboard.h, .cmake) behind those of the
# stock board. Included by the boards' firmware.mk, which say
#
#   PORT, STOCK_BOARD   the port and its board
#   SUBMODULES          the folders of lib/ that the port does not build without
#   MODULES             what the port calls USER_C_MODULES here
#   ARTEFACT            what the port makes, of all its files the one to flash
#   PORT_FLAGS          more settings, if any
#
# The top Makefile gives ROOT, BOARD, JOBS, and exports MPY_DIR and the RUNIC_*_DIR folders.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.SUFFIXES:
MAKEFLAGS += --no-print-directory

BOARD_FOLDER := $(ROOT)/boards/$(BOARD)
BUILD := $(ROOT)/build/$(BOARD)
STOCK_FOLDER := $(MPY_DIR)/ports/$(PORT)/boards/$(STOCK_BOARD)
GIVEN_FOLDER := $(BUILD)/board/$(STOCK_BOARD)
ASK := give a full checkout: make firmware BOARD=$(BOARD) MPY_DIR=<folder>

refuse = $(error firmware: $(BOARD): $(1))

ifneq ($(filter $(ROOT)/.cache/%,$(MPY_DIR)),)
$(call refuse,the fetched MicroPython source has no $(firstword $(SUBMODULES)); $(ASK))
endif
ifeq ($(wildcard $(STOCK_FOLDER)/mpconfigboard.h),)
$(call refuse,MPY_DIR=$(MPY_DIR) has no ports/$(PORT)/boards/$(STOCK_BOARD); $(ASK), of MicroPython 1.25 or later)
endif
ABSENT := $(strip $(foreach folder,$(SUBMODULES),$(if $(wildcard $(MPY_DIR)/$(folder)/*),,$(folder))))
ifneq ($(ABSENT),)
$(call refuse,MPY_DIR=$(MPY_DIR) lacks $(ABSENT); run: make -C $(MPY_DIR)/ports/$(PORT) BOARD=$(STOCK_BOARD) submodules)
endif
ifeq ($(PORT),esp32)
ifeq ($(wildcard $(IDF_PATH)/tools/cmake/project.cmake),)
$(call refuse,no ESP-IDF at IDF_PATH=$(IDF_PATH); install the version that ports/esp32/README.md names and source its export.sh)
endif
else ifeq ($(shell command -v arm-none-eabi-gcc),)
$(call refuse,no arm-none-eabi-gcc; `make setup` installs it)
endif

.PHONY: firmware
.DEFAULT_GOAL := firmware

include $(ROOT)/boards/stated/board_module.mk

# The stock board's folder, and our settings included behind its own.
appended = $(if $(wildcard $(BOARD_FOLDER)/$(1)),echo '$(2)' >> $(GIVEN_FOLDER)/$(1);)

firmware: board-module
	@rm -rf $(GIVEN_FOLDER) && mkdir -p $(dir $(GIVEN_FOLDER)) && cp -rp $(STOCK_FOLDER) $(GIVEN_FOLDER)
	@$(call appended,mpconfigboard.h,#include "$(BOARD_FOLDER)/mpconfigboard.h")
	@$(call appended,mpconfigboard.cmake,include($(BOARD_FOLDER)/mpconfigboard.cmake))
	@touch -r $(STOCK_FOLDER)/mpconfigboard.h $(GIVEN_FOLDER)/*
	@$(MAKE) -j$(JOBS) -C $(MPY_DIR)/mpy-cross
	@$(MAKE) -j$(JOBS) -C $(MPY_DIR)/ports/$(PORT) BOARD=$(STOCK_BOARD) \
	    BOARD_DIR=$(GIVEN_FOLDER) BUILD=$(BUILD)/port \
	    USER_C_MODULES=$(MODULES) FROZEN_MANIFEST=$(BOARD_FOLDER)/manifest.py $(PORT_FLAGS)
	@cp $(BUILD)/port/$(ARTEFACT) $(BUILD)/
	@echo "firmware: $(BUILD)/$(ARTEFACT)"
