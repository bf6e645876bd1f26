# For USER_C_MODULES=<the folder above>: MicroPython's make looks for modules one folder down.

USERMOD_DIR := $(USER_C_MODULES)
include $(USERMOD_DIR)/micropython.mk
