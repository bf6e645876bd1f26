# The board's console: its serial port and the REPL on it. On the unix port, threads stand for a
# UART's interrupts.

CONSOLE_MODULE_DIR := $(USERMOD_DIR)
CONSOLE_ON_BOARD := $(findstring -none-,$(shell $(CC) -dumpmachine))

SRC_USERMOD_C += $(addprefix $(CONSOLE_MODULE_DIR)/, modconsole.c event_repl.c)
CFLAGS_USERMOD += -I$(CONSOLE_MODULE_DIR) -I$(CONSOLE_MODULE_DIR)/../include

ifneq ($(CONSOLE_ON_BOARD),)
SRC_USERMOD_LIB_C += $(CONSOLE_MODULE_DIR)/port_board.c
else
SRC_USERMOD_C += $(addprefix $(CONSOLE_MODULE_DIR)/, port_unix.c mapping_unix.c)
SRC_USERMOD_LIB_C += $(CONSOLE_MODULE_DIR)/pump.c
LDFLAGS_USERMOD += -lpthread
endif
