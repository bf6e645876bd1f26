# The board's console: its serial port and the REPL on it. On the unix port, threads stand for a
# UART's interrupts.

CONSOLE_MODULE_DIR := $(USERMOD_DIR)
CONSOLE_COMPILED_FOR := $(shell $(CC) -dumpmachine)
CONSOLE_ON_UNIX := $(findstring linux,$(CONSOLE_COMPILED_FOR))$(findstring darwin,$(CONSOLE_COMPILED_FOR))

SRC_USERMOD_C += $(addprefix $(CONSOLE_MODULE_DIR)/, modconsole.c event_repl.c)
CFLAGS_USERMOD += -I$(CONSOLE_MODULE_DIR) -I$(CONSOLE_MODULE_DIR)/../include

ifneq ($(CONSOLE_ON_UNIX),)
CONSOLE_WATCHDOG := 1
SRC_USERMOD_C += $(addprefix $(CONSOLE_MODULE_DIR)/, port_unix.c mapping_unix.c modcarry_unix.c)
SRC_USERMOD_LIB_C += $(CONSOLE_MODULE_DIR)/pump.c $(CONSOLE_MODULE_DIR)/watchdog_unix.c
LDFLAGS_USERMOD += -lpthread
else
SRC_USERMOD_LIB_C += $(CONSOLE_MODULE_DIR)/port_board.c
endif

# A port that has one says so: runic_watchdog.h.
ifneq ($(CONSOLE_WATCHDOG),)
SRC_USERMOD_C += $(CONSOLE_MODULE_DIR)/modwatchdog.c
CFLAGS_USERMOD += -DCONSOLE_WATCHDOG=1
endif
