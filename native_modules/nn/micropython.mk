# The module `nn`: .tflite models run in place.

NN_DIR := $(USERMOD_DIR)

SRC_USERMOD_C += $(wildcard $(NN_DIR)/modnn*.c)
SRC_USERMOD_LIB_C += $(wildcard $(NN_DIR)/nn_*.c $(NN_DIR)/op_*.c \
    $(NN_DIR)/kernels/*.c $(NN_DIR)/kernels/*/*.c)
# Ops beside the core's, by group: all, unless NN_OPS names those wanted ("core" alone: none).
NN_GROUPS := functions shapes resize reduce matrices recurrent int16 int4
ifdef NN_OPS
ifneq ($(filter-out core $(NN_GROUPS),$(NN_OPS)),)
$(error NN_OPS: no group $(filter-out core $(NN_GROUPS),$(NN_OPS)); there are: core $(NN_GROUPS))
endif
CFLAGS_USERMOD += -DNN_SOME_GROUPS $(foreach group,$(filter $(NN_GROUPS),$(NN_OPS)),\
    -DNN_GROUP_$(shell echo $(group) | tr a-z A-Z)=1)
endif

# How int8 results are rounded: tflm-double unless NN_ROUNDING says tflm-single.
ifneq ($(filter-out tflm-double tflm-single,$(NN_ROUNDING)),)
$(error NN_ROUNDING: no rounding $(NN_ROUNDING); there are: tflm-double tflm-single)
endif
CFLAGS_USERMOD += $(if $(filter tflm-single,$(NN_ROUNDING)),-DNN_SINGLE_ROUNDING=1)

CFLAGS_USERMOD += -I$(NN_DIR) -I$(NN_DIR)/../include

# Kernels are where the time goes: ports that build for size make an exception.
$(patsubst $(USER_C_MODULES)/%.c,$(BUILD)/%.o,$(wildcard $(NN_DIR)/kernels/*.c \
    $(NN_DIR)/kernels/*/*.c)): CFLAGS += -O3
# By -O3 this one, for broadcasting, takes three times the flash for little speed.
$(patsubst $(USER_C_MODULES)/%.c,$(BUILD)/%.o,$(NN_DIR)/kernels/arithmetic.c): CFLAGS += -O2
