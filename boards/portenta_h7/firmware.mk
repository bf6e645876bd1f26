# The Arduino Portenta H7's firmware: MicroPython's stm32 port. littlefs is compiled in, since the
# store needs a file system that replaces a file in one step, which FAT does not.

PORT := stm32
STOCK_BOARD := ARDUINO_PORTENTA_H7
SUBMODULES := lib/stm32lib lib/libhydrogen lib/mbedtls lib/lwip lib/mynewt-nimble \
    lib/cyw43-driver lib/libmetal lib/open-amp
MODULES := $(ROOT)/native_modules
ARTEFACT := firmware.dfu
PORT_FLAGS := MICROPY_VFS_LFS2=1

include $(ROOT)/boards/stock_port.mk
