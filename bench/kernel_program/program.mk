# The program that runs models without MicroPython, for an emulated board or for this machine.
#
# Given: BUILD, and BOARD for a board's core (none: this machine; SANITIZE=1: with sanitisers;
# SCALAR=1: with the kernels for cores that neither Arm's nor x86's are for; PORTABLE=1: the general
# kernels alone, by -O2). SINGLE=1: with the rounding tflm-single.
# A board's flags are those of its firmware: kernels with -O3, but for one, all else with -Os.

.SUFFIXES:

ROOT := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))/../..)
PROGRAM := $(ROOT)/bench/kernel_program
NN := $(ROOT)/native_modules/nn
comma := ,
WARNINGS := -Wall -Wextra -Werror -Wdouble-promotion -Wfloat-conversion

vpath %.c $(PROGRAM) $(NN) $(ROOT)/boards/mps
CORE := $(filter-out modnn%,$(notdir $(wildcard $(NN)/nn_*.c $(NN)/op_*.c)))
KERNELS := $(patsubst $(NN)/%,%,$(wildcard $(NN)/kernels/*.c $(NN)/kernels/*/*.c))

include $(ROOT)/bench/host.mk
ifndef BOARD
FLAGS := $(if $(SANITIZE),-fsanitize=address$(comma)undefined -fno-sanitize-recover=all) \
    $(if $(SCALAR),-DNN_FAST_ANYWHERE) $(if $(PORTABLE),-DNN_PORTABLE=1)
endif

FLAGS += $(if $(SINGLE),-DNN_SINGLE_ROUNDING=1) -std=gnu11 -Os -DNDEBUG -g -ffunction-sections -fdata-sections $(WARNINGS) -MMD -MP \
    -I$(PROGRAM) -I$(NN) -I$(ROOT)/native_modules/include

OBJECTS := $(addprefix $(BUILD)/,$(patsubst %.c,%.o,run_models.c $(CORE) $(KERNELS)) $(HOST))

$(BUILD)/run_models: $(OBJECTS)
	@$(CC) $(FLAGS) $(LINK) -o $@ $(OBJECTS) $(LIBRARIES)

$(BUILD)/kernels/%.o: LEVEL := $(if $(PORTABLE),-O2,-O3)
$(BUILD)/kernels/arithmetic.o: LEVEL := -O2

$(BUILD)/%.o: %.c $(PROGRAM)/program.mk
	@mkdir -p $(dir $@)
	@$(CC) $(FLAGS) $(LEVEL) -c -o $@ $<

-include $(OBJECTS:.o=.d)
