# The dsp module: its own kernels, and the real FFT of CMSIS-DSP from its unpacked source
# distribution at RUNIC_CMSISDSP_DIR.

DSP_MOD_DIR := $(USERMOD_DIR)

ifeq ($(wildcard $(RUNIC_CMSISDSP_DIR)/Source/TransformFunctions/arm_rfft_fast_f32.c),)
$(error RUNIC_CMSISDSP_DIR=$(RUNIC_CMSISDSP_DIR): no CMSIS-DSP source there)
endif

# The longest transform of dsp.rfft; its tables take 12 bytes of flash for each value, 24 with
# those of the shorter ones.
DSP_RFFT_LONGEST ?= 4096

DSP_OWN := $(addprefix $(DSP_MOD_DIR)/, moddsp.c moddsp_block.c dsp_block.c block_choice.c \
    block_modulo.c block_scale.c block_spectrum.c block_text.c dsp_element.c dsp_exact.c dsp_image.c \
    dsp_noise.c dsp_spectrum.c dsp_text.c dsp_vector.c)
DSP_CMSIS := $(addprefix $(RUNIC_CMSISDSP_DIR)/Source/, CommonTables/arm_common_tables.c \
    CommonTables/arm_const_structs.c $(addprefix TransformFunctions/, arm_bitreversal2.c arm_cfft_f32.c \
    arm_cfft_init_f32.c arm_cfft_radix8_f32.c arm_rfft_fast_f32.c arm_rfft_fast_init_f32.c))

# Outside Arm, CMSIS-DSP does without the CMSIS-Core headers when told so.
DSP_TARGET := $(shell $(CC) -dumpmachine)
ifeq ($(findstring arm,$(DSP_TARGET)),)
DSP_CMSIS_FLAGS := -D__GNUC_PYTHON__
else
DSP_CMSIS_FLAGS := -isystem $(TOP)/lib/cmsis/inc
endif
DSP_CMSIS_FLAGS += -isystem $(RUNIC_CMSISDSP_DIR)/Include -isystem $(RUNIC_CMSISDSP_DIR)/PrivateInclude

SRC_USERMOD_C += $(filter %/moddsp.c %/moddsp_block.c, $(DSP_OWN))
SRC_USERMOD_LIB_C += $(filter-out %/moddsp.c %/moddsp_block.c, $(DSP_OWN)) $(DSP_CMSIS)
CFLAGS_USERMOD += -I$(DSP_MOD_DIR) -I$(DSP_MOD_DIR)/../include -DDSP_RFFT_LONGEST=$(DSP_RFFT_LONGEST)

# A fused multiply-add rounds once where the host rounds twice, and the two would differ.
$(BUILD)/dsp/%.o: CFLAGS += -ffp-contract=off -Wall -Wextra -Werror -Wdouble-promotion -Wfloat-conversion \
    -Wno-missing-field-initializers
$(BUILD)/dsp/dsp_vector.o: CFLAGS += $(DSP_CMSIS_FLAGS)
$(addprefix $(BUILD)/, $(DSP_CMSIS:.c=.o)): CFLAGS += -w $(DSP_CMSIS_FLAGS)
