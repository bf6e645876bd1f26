# The module regions: only in a firmware that is built to be measured (RUNIC_BENCH=1), on Cortex-M.

ifeq ($(RUNIC_BENCH),1)
SRC_USERMOD_C += $(USERMOD_DIR)/modregions.c
CFLAGS_USERMOD += -I$(USERMOD_DIR) -I$(USERMOD_DIR)/../include
endif
