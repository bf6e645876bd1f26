# What a program of the benchmarks is built with and runs in, without MicroPython: an emulated BOARD,
# or this machine where none is given. Given: ROOT. The host's files are HOSTS/$(HOST:.o=.c).

HOSTS := $(ROOT)/bench/kernel_program

ifdef BOARD
include $(ROOT)/boards/$(BOARD)/board.mk
CC := arm-none-eabi-gcc
HOST := host_board.o semihosting.o
FLAGS := -mthumb $(CPU_FLAGS) -I$(ROOT)/boards/mps
LINK := -nostartfiles -nodefaultlibs -L$(ROOT)/boards/$(BOARD) -T $(ROOT)/boards/mps/mps.ld \
    -Wl,--gc-sections -Wl,--no-warn-rwx-segments -Wl,--defsym=heap_bytes=0 \
    -Wl,--defsym=ram_bytes=0x100000
LIBRARIES := -lm -lc -lgcc
else
CC := gcc
HOST := host_unix.o
LIBRARIES := -lm
endif
