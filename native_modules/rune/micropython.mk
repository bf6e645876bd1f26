# Module rune: needs the modules wasm3, nn and dsp beside it.

RUNE_MOD_DIR := $(USERMOD_DIR)

SRC_USERMOD_C += $(addprefix $(RUNE_MOD_DIR)/, modrune.c container.c container_call.c host_cold.c \
    host_hot.c pipeline.c pipeline_run.c pipeline_close.c pipeline_stages.c pipeline_models.c \
    pipeline_custom.c record.c float_text.c runic_ring.c rune_ring.c rune_random.c rune_saga.c \
    saga.c quota.c rune_quota.c rune_times.c running.c)
CFLAGS_USERMOD += -I$(RUNE_MOD_DIR) -I$(RUNE_MOD_DIR)/../include -I$(RUNE_MOD_DIR)/../wasm3 \
    -I$(RUNE_MOD_DIR)/../nn -I$(RUNE_MOD_DIR)/../dsp

# What runs in every call, for speed rather than size.
$(addprefix $(BUILD)/rune/, container.o container_call.o host_hot.o pipeline.o pipeline_run.o \
    pipeline_stages.o pipeline_models.o pipeline_custom.o record.o float_text.o runic_ring.o \
    rune_saga.o saga.o quota.o rune_quota.o rune_times.o): CFLAGS += -O2
