# Module journal: needs nothing but MicroPython.

SRC_USERMOD_C += $(USERMOD_DIR)/modjournal.c
SRC_USERMOD_LIB_C += $(addprefix $(USERMOD_DIR)/, journal.c journal_memory.c)
CFLAGS_USERMOD += -I$(USERMOD_DIR) -I$(USERMOD_DIR)/../include
