# MicroPython's port to Arm's MPS boards, out of tree: run by firmware.mk, from this folder, with
# BOARD_FOLDER, BUILD, MPY_DIR, HEAP_BYTES and RAM_BYTES given.
#
# Configuration and REPL come from MicroPython's own QEMU port; what that lacks is here: a clock,
# an interrupt-driven UART, flash that lasts, and faults that end in a restart.

TOP := $(MPY_DIR)
include $(TOP)/py/mkenv.mk
include $(BOARD_FOLDER)/board.mk

QSTR_DEFS = $(TOP)/ports/qemu/qstrdefsport.h
MICROPY_ROM_TEXT_COMPRESSION = 1
MICROPY_VFS_LFS2 = 1
CONSOLE_WATCHDOG = 1
CROSS_COMPILE ?= arm-none-eabi-
MPY_CROSS_FLAGS += -march=armv7m

include $(TOP)/py/py.mk
include $(TOP)/extmod/extmod.mk

# The board's own headers go before those of the port that it builds upon.
INC += -I. -I$(BOARD_FOLDER) -I$(TOP) -I$(TOP)/lib/cmsis/inc -I$(BUILD) \
    -I$(ROOT)/native_modules/include

CFLAGS += $(INC) -mthumb $(CPU_FLAGS) -std=gnu11 -Os -DNDEBUG -g
# The same bytes in whatever folder it is built.
CFLAGS += -fmacro-prefix-map=$(ROOT)/=
CFLAGS += -Wall -Wextra -Wpointer-arith -Wdouble-promotion -Wfloat-conversion -Werror
CFLAGS += -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers
CFLAGS += -ffunction-sections -fdata-sections
CFLAGS += -DMICROPY_HW_BOARD_NAME='"$(BOARD_NAME)"' -DMICROPY_HW_MCU_NAME='"$(MCU_NAME)"'
CFLAGS += $(CFLAGS_EXTRA)

# The compiler knows processors that the assembler alone does not.
AS = $(CC) $(CPU_FLAGS) -mthumb -c

LDFLAGS += -mthumb $(CPU_FLAGS) -nostartfiles -nodefaultlibs -L$(BOARD_FOLDER) -T mps.ld
LDFLAGS += -Wl,--gc-sections -Wl,-Map=$(BUILD)/firmware.map -Wl,--fatal-warnings
LDFLAGS += -Wl,--defsym=heap_bytes=$(HEAP_BYTES) -Wl,--defsym=ram_bytes=$(RAM_BYTES)
# The binutils of arm-none-eabi warn of every segment that holds data and code.
LDFLAGS += -Wl,--no-warn-rwx-segments

SRC_C += main.c startup.c faults.c watchdog.c semihosting.c flash.c uart.c mphalport.c modmps.c rom_ioctl.c

SHARED_SRC_C += $(addprefix shared/, readline/readline.c runtime/gchelper_native.c \
    runtime/interrupt_char.c runtime/pyexec.c runtime/stdout_helpers.c runtime/sys_stdio_mphal.c \
    timeutils/timeutils.c)

OBJ += $(PY_O)
OBJ += $(addprefix $(BUILD)/, $(SRC_C:.c=.o) $(SHARED_SRC_C:.c=.o))
OBJ += $(BUILD)/shared/runtime/gchelper_thumb2.o
SRC_QSTR += $(SRC_C) $(SHARED_SRC_C)

.PHONY: all
all: $(BUILD)/firmware.elf

$(BUILD)/firmware.elf: mps.ld $(BOARD_FOLDER)/memory.ld $(OBJ)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(OBJ) -lm -lc -lgcc
	$(Q)$(SIZE) $@

include $(TOP)/py/mkrules.mk
