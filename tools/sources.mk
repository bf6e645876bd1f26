# Where the third-party sources are; exported, so that modules' micropython.mk see them too.

ifdef MPY_DIR
override MPY_DIR := $(abspath $(MPY_DIR))
FETCHED_SOURCES := wasm3 cmsisdsp monocypher
ifeq ($(wildcard $(MPY_DIR)/py/mpconfig.h),)
$(error MPY_DIR=$(MPY_DIR): no MicroPython source there (py/mpconfig.h is missing))
endif
else
MPY_DIR := $(CACHE)/src/micropython-1.25.0
FETCHED_SOURCES := micropython wasm3 cmsisdsp monocypher
endif

# What only the checks need.
FETCHED_STUBS := stubs-stm32 stubs-rp2 stubs-esp32

RUNIC_WASM3_DIR := $(CACHE)/src/wasm3-0.5.0-p13
RUNIC_MONOCYPHER_DIR := $(CACHE)/src/monocypher-4.0.3

export MPY_DIR RUNIC_WASM3_DIR RUNIC_MONOCYPHER_DIR
