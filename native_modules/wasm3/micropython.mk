# wasm3 0.5.0 as a MicroPython module; RUNIC_WASM3_DIR is wasm3's unpacked source distribution,
# with the patches of patches/ applied (`patch -p1`).

WASM3_MOD_DIR := $(USERMOD_DIR)

ifeq ($(wildcard $(RUNIC_WASM3_DIR)/wasm3/wasm3.h),)
$(error RUNIC_WASM3_DIR=$(RUNIC_WASM3_DIR): no wasm3 source there (wasm3/wasm3.h is missing))
endif
ifeq ($(shell grep CompileFuel $(RUNIC_WASM3_DIR)/wasm3/m3_compile.c),)
$(error RUNIC_WASM3_DIR=$(RUNIC_WASM3_DIR): apply the patches of $(WASM3_MOD_DIR)/patches there)
endif

WASM3_SOURCE_DIR := $(RUNIC_WASM3_DIR)/wasm3
WASM3_SOURCES := $(addprefix $(WASM3_SOURCE_DIR)/, m3_bind.c m3_code.c m3_compile.c m3_core.c m3_emit.c \
    m3_env.c m3_exec.c m3_function.c m3_info.c m3_module.c m3_parse.c)

# Values on wasm3's stack in one function, its parameters and locals included: 5 bytes of RAM
# each in every runtime. Code pages are taken whole, so small ones waste less.
WASM3_STACK_HEIGHT ?= 512
WASM3_CODE_PAGE_BYTES ?= 1024
WASM3_DEFINES := -Dd_m3MaxFunctionStackHeight=$(WASM3_STACK_HEIGHT) \
    -Dd_m3CodePageAlignSize=$(WASM3_CODE_PAGE_BYTES)

SRC_USERMOD_C += $(addprefix $(WASM3_MOD_DIR)/, modwasm3.c wasm3_module.c wasm3_function.c \
    wasm3_inspect.c wasm3_arena.c wasm3_validation.c wasm3_meter.c wasm_read.c wasm_outline.c \
    wasm_sections.c wasm_code.c wasm_operands.c wasm_values.c wasm_validate.c wasm_skip.c)
SRC_USERMOD_LIB_C += $(WASM3_SOURCES)
CFLAGS_USERMOD += -I$(WASM3_MOD_DIR) -I$(WASM3_MOD_DIR)/../include -isystem $(WASM3_SOURCE_DIR) $(WASM3_DEFINES)

# wasm3 aliases its stack slots and relies on wrapping arithmetic. Speed: its operations must
# become tail calls.
$(addprefix $(BUILD)/, $(WASM3_SOURCES:.c=.o)): CFLAGS += -O3 -fno-strict-aliasing -fwrapv \
    -fomit-frame-pointer -fno-stack-protector -w -include $(WASM3_MOD_DIR)/wasm3_shim.h

# What runs in every call, for speed rather than size.
$(patsubst $(USER_C_MODULES)/%.c, $(BUILD)/%.o, $(WASM3_MOD_DIR)/modwasm3.c): CFLAGS += -O2
