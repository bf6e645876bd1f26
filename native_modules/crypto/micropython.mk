# The module `crypto`: signatures checked. RUNIC_MONOCYPHER_DIR is where monocypher.c is, 4.0.x.

CRYPTO_MOD_DIR := $(USERMOD_DIR)

ifeq ($(wildcard $(RUNIC_MONOCYPHER_DIR)/monocypher.h),)
$(error RUNIC_MONOCYPHER_DIR=$(RUNIC_MONOCYPHER_DIR): no monocypher.h there; `make sources` fetches it)
endif

CRYPTO_MONOCYPHER := $(RUNIC_MONOCYPHER_DIR)/monocypher.c

SRC_USERMOD_C += $(CRYPTO_MOD_DIR)/modcrypto.c
SRC_USERMOD_LIB_C += $(addprefix $(CRYPTO_MOD_DIR)/, ed25519.c sha512.c) $(CRYPTO_MONOCYPHER)
CFLAGS_USERMOD += -I$(CRYPTO_MOD_DIR) -isystem $(RUNIC_MONOCYPHER_DIR)

# What a Rune's every byte goes through, for speed rather than size.
$(patsubst $(USER_C_MODULES)/%.c, $(BUILD)/%.o, $(CRYPTO_MOD_DIR)/sha512.c): CFLAGS += -O2
$(BUILD)/$(CRYPTO_MONOCYPHER:.c=.o): CFLAGS += -O2 -w
