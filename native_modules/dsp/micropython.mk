# The dsp module: its own kernels, and the real FFT of CMSIS-DSP from its unpacked source
# distribution at RUNIC_CMSISDSP_DIR.

DSP_MOD_DIR := $(USERMOD_DIR)

ifeq ($(wildcard $(RUNIC_CMSISDSP_DIR)/Source/TransformFunctions/arm_rfft_fast_f32.c),)
$(error RUNIC_CMSISDSP_DIR=$(RUNIC_CMSISDSP_DIR): no CMSIS-DSP source there)
endif

# What the compiler builds for decides what CMSIS-DSP needs, and how much flash there is.
DSP_ON_ARM := $(findstring arm-none,$(shell $(CC) -dumpmachine))

# The longest transform of dsp.rfft: tables take about 20 bytes of flash for each of its values.
DSP_RFFT_LONGEST ?= $(if $(DSP_ON_ARM),1024,4096)

DSP_OWN := $(addprefix $(DSP_MOD_DIR)/, moddsp.c moddsp_block.c dsp_block.c block_choice.c \
    block_modulo.c block_scale.c block_spectrum.c block_text.c dsp_element.c dsp_exact.c dsp_image.c \
    dsp_noise.c dsp_spectrum.c dsp_text.c dsp_vector.c)
DSP_CMSIS := $(addprefix $(RUNIC_CMSISDSP_DIR)/Source/, CommonTables/arm_common_tables.c \
    CommonTables/arm_const_structs.c CommonTables/arm_mve_tables.c \
    $(addprefix TransformFunctions/arm_, bitreversal2.c cfft_f32.c cfft_init_f32.c \
    cfft_radix8_f32.c rfft_fast_f32.c rfft_fast_init_f32.c))

# Outside bare-metal Arm, CMSIS-DSP does without the CMSIS-Core headers when told so.
DSP_CMSIS_FLAGS := $(if $(DSP_ON_ARM),-isystem $(TOP)/lib/cmsis/inc,-D__GNUC_PYTHON__)
DSP_CMSIS_FLAGS += -isystem $(RUNIC_CMSISDSP_DIR)/Include \
    -isystem $(RUNIC_CMSISDSP_DIR)/PrivateInclude

SRC_USERMOD_C += $(filter %/moddsp.c %/moddsp_block.c, $(DSP_OWN))
SRC_USERMOD_LIB_C += $(filter-out %/moddsp.c %/moddsp_block.c, $(DSP_OWN)) $(DSP_CMSIS)
CFLAGS_USERMOD += -I$(DSP_MOD_DIR) -I$(DSP_MOD_DIR)/../include -DDSP_RFFT_LONGEST=$(DSP_RFFT_LONGEST)

DSP_OBJECTS := $(patsubst $(USER_C_MODULES)/%.c, $(BUILD)/%.o, $(DSP_OWN))
# A fused multiply-add rounds once where the host rounds twice, and the two would differ.
$(DSP_OBJECTS): CFLAGS += -ffp-contract=off
$(filter %/dsp_vector.o, $(DSP_OBJECTS)): CFLAGS += $(DSP_CMSIS_FLAGS)
$(addprefix $(BUILD)/, $(DSP_CMSIS:.c=.o)): CFLAGS += -w $(DSP_CMSIS_FLAGS)
