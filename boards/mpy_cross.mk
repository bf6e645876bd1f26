# mpy-cross, which compiles what a firmware freezes; included by the boards' firmware.mk.

MPY_CROSS_BUILD := $(ROOT)/build/mpy-cross
MPY_CROSS := $(MPY_CROSS_BUILD)/mpy-cross

# The version header depends on the folder that it is written into, whose time changes with every
# header in it: an old time for the folder keeps the next build from compiling again.
settle = touch -d @0 $(1)/genhdr

.DEFAULT_GOAL := firmware
.PHONY: mpy-cross

mpy-cross:
	@$(MAKE) -s -j$(JOBS) -C $(MPY_DIR)/mpy-cross BUILD=$(MPY_CROSS_BUILD)
	@$(call settle,$(MPY_CROSS_BUILD))
