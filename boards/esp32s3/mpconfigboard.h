// RunicOS's settings of an ESP32-S3 module, behind MicroPython's own.

// The partition that partitions.csv names romfs is mapped; Runes lie in it.
#undef MICROPY_VFS_ROM
#define MICROPY_VFS_ROM (1)

// The journal lies where a reset of the chip leaves it alone.
#define RUNIC_KEPT __attribute__((section(".noinit.runic")))
