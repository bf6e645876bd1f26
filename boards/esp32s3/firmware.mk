# An ESP32-S3 module's firmware: MicroPython's esp32 port, which takes ESP-IDF from IDF_PATH.

PORT := esp32
STOCK_BOARD := ESP32_GENERIC_S3
SUBMODULES := lib/tinyusb lib/berkeley-db-1.xx
MODULES := $(ROOT)/native_modules/micropython.cmake
ARTEFACT := firmware.bin

include $(ROOT)/boards/stock_port.mk
