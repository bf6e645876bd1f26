# Module chunks: needs nothing but MicroPython.

SRC_USERMOD_C += $(USERMOD_DIR)/modchunks.c
SRC_USERMOD_LIB_C += $(addprefix $(USERMOD_DIR)/,chunk_cut.c patch_decode.c)
CFLAGS_USERMOD += -I$(USERMOD_DIR) -I$(USERMOD_DIR)/../include
