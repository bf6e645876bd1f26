# The program that runs one WebAssembly function without MicroPython, for an emulated board or for
# this machine.
#
# Given: BUILD, WASM3 (the sources of wasm3, patched), METERED=1 if they count fuel, and BOARD for a
# board's core (none: this machine). Flags are those of the firmware.

.SUFFIXES:

ROOT := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))/../..)
PROGRAM := $(ROOT)/bench/wasm_program
MODULE := $(ROOT)/native_modules/wasm3
NAMES := m3_bind m3_code m3_compile m3_core m3_emit m3_env m3_exec m3_function m3_info m3_module m3_parse

include $(ROOT)/bench/host.mk

vpath %.c $(PROGRAM) $(HOSTS) $(ROOT)/boards/mps $(MODULE) $(WASM3)

FLAGS += -std=gnu11 -Os -DNDEBUG -ffunction-sections -fdata-sections -I$(HOSTS) -I$(MODULE) -I$(MODULE)/../include \
    -isystem $(WASM3) -Dd_m3VerboseErrorMessages=0 $(if $(METERED),-Dd_wasm3Metered=1)
WASM3_FLAGS := -O3 -fno-strict-aliasing -fwrapv -fomit-frame-pointer -fno-stack-protector -w \
    -include $(MODULE)/wasm3_shim.h

OBJECTS := $(addprefix $(BUILD)/,run_wasm.o $(HOST) wasm_skip.o wasm_read.o $(addsuffix .o,$(NAMES)))

$(BUILD)/run_wasm: $(OBJECTS)
	@$(CC) $(FLAGS) $(LINK) -o $@ $(OBJECTS) $(LIBRARIES)

$(BUILD)/m3_%.o: m3_%.c $(PROGRAM)/program.mk
	@$(CC) $(FLAGS) $(WASM3_FLAGS) -c -o $@ $<

$(BUILD)/%.o: %.c $(PROGRAM)/program.mk
	@$(CC) $(FLAGS) -Wall -Wextra -Werror -include $(MODULE)/wasm3_meter.h -c -o $@ $<
