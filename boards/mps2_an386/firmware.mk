# An emulated MPS board's firmware is that of its family.
include $(ROOT)/boards/mps/firmware.mk
