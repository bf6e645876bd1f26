# The simulated board's console: user C module of MicroPython's unix port.

CONSOLE_MODULE_DIR := $(USERMOD_DIR)

SRC_USERMOD_C += $(CONSOLE_MODULE_DIR)/modconsole.c
SRC_USERMOD_C += $(CONSOLE_MODULE_DIR)/event_repl.c
SRC_USERMOD_LIB_C += $(CONSOLE_MODULE_DIR)/pump.c
CFLAGS_USERMOD += -I$(CONSOLE_MODULE_DIR) -I$(CONSOLE_MODULE_DIR)/../include
LDFLAGS_USERMOD += -lpthread
