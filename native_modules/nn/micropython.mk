# The module `nn`: .tflite models run in place.

NN_DIR := $(USERMOD_DIR)

SRC_USERMOD_C += $(wildcard $(NN_DIR)/modnn*.c)
SRC_USERMOD_LIB_C += $(wildcard $(NN_DIR)/nn_*.c $(NN_DIR)/op_*.c $(NN_DIR)/kernels/*.c)
CFLAGS_USERMOD += -I$(NN_DIR) -I$(NN_DIR)/../include

# Kernels are where the time goes: ports that build for size make an exception.
$(patsubst $(USER_C_MODULES)/%.c,$(BUILD)/%.o,$(wildcard $(NN_DIR)/kernels/*.c)): CFLAGS += -O3
