# The module `dsp`: signal processing, and the stock blocks.

DSP_MOD_DIR := $(USERMOD_DIR)

# The longest transform of dsp.rfft: 2048 or 4096. Tables take 5 bytes of flash for each of its
# values.
DSP_RFFT_LONGEST ?= $(if $(findstring arm-none,$(shell $(CC) -dumpmachine)),2048,4096)

DSP_OWN := $(addprefix $(DSP_MOD_DIR)/, moddsp.c moddsp_block.c dsp_block.c block_choice.c \
    block_fft.c block_modulo.c block_noise.c block_scale.c block_text.c dsp_element.c dsp_exact.c \
    dsp_fft_f32.c dsp_fft_q15.c dsp_image.c dsp_mel.c dsp_mve_f32.c dsp_mve_noise.c \
    dsp_mve_q15.c dsp_mve_spectrum_f32.c dsp_mve_spectrum_q15.c dsp_noise.c dsp_spectrum.c dsp_spectrum_q15.c \
    dsp_text.c dsp_turn.c dsp_vector.c)

SRC_USERMOD_C += $(filter %/moddsp.c %/moddsp_block.c, $(DSP_OWN))
SRC_USERMOD_LIB_C += $(filter-out %/moddsp.c %/moddsp_block.c, $(DSP_OWN))
CFLAGS_USERMOD += -I$(DSP_MOD_DIR) -I$(DSP_MOD_DIR)/../include -DDSP_RFFT_LONGEST=$(DSP_RFFT_LONGEST)

DSP_OBJECTS := $(patsubst $(USER_C_MODULES)/%.c, $(BUILD)/%.o, $(DSP_OWN))
# A fused multiply-add rounds once where the host rounds twice, and the two would differ.
$(DSP_OBJECTS): CFLAGS += -ffp-contract=off
# These are where the time goes: ports that build for size make an exception.
DSP_FAST := $(addprefix %/dsp_, exact.o mve_noise.o mve_spectrum_f32.o mve_spectrum_q15.o noise.o \
    spectrum.o spectrum_q15.o)
$(filter $(DSP_FAST), $(DSP_OBJECTS)): CFLAGS += -O2
# Induction variables would be one pointer for each number that a loop touches, more than there are
# registers.
$(filter $(addprefix %/dsp_fft_, f32.o q15.o), $(DSP_OBJECTS)): CFLAGS += -O3 -fno-ivopts
# Their statements stand in an order that needs no more vectors than there are registers.
$(filter $(addprefix %/dsp_mve_, f32.o q15.o), $(DSP_OBJECTS)): CFLAGS += -O3 -fno-ivopts \
    -fno-schedule-insns
