# The Raspberry Pi Pico 2's firmware: MicroPython's rp2 port.

PORT := rp2
STOCK_BOARD := RPI_PICO2
SUBMODULES := lib/pico-sdk lib/mbedtls lib/tinyusb
MODULES := $(ROOT)/native_modules/micropython.cmake
ARTEFACT := firmware.uf2

include $(ROOT)/boards/stock_port.mk
