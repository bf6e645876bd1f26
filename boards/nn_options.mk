# What [nn] in a board's board.toml says of the module nn, added to PORT_FLAGS. The board's folder is
# BOARD_FOLDER. What is not said is left to native_modules/nn/micropython.mk.

nn_stated = $(shell sed -n '/^\[nn\]/,/^\[[^n]/s/^$(1) = //p' $(BOARD_FOLDER)/board.toml \
    | sed 's/ *\#.*//' | tr -d '[]",')

# Groups of ops; a board that does not state them has all.
NN_OPS := $(call nn_stated,ops)
# How int8 results are rounded.
NN_ROUNDING := $(call nn_stated,rounding)
PORT_FLAGS += $(if $(NN_OPS),NN_OPS="$(NN_OPS)") $(if $(NN_ROUNDING),NN_ROUNDING="$(NN_ROUNDING)")
