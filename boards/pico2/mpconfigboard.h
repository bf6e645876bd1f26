// RunicOS's settings of the Pico 2, behind MicroPython's own: how its 4 MB of flash are divided.
//
// 1 MB firmware, 2 MB for Runes in the mapped partition that MicroPython keeps for ROMFS, 1 MB
// file system.
#undef MICROPY_HW_FLASH_STORAGE_BYTES
#define MICROPY_HW_FLASH_STORAGE_BYTES (1024 * 1024)
#undef MICROPY_HW_ROMFS_BYTES
#define MICROPY_HW_ROMFS_BYTES (2 * 1024 * 1024)

// The journal lies where a reset of the chip leaves it alone.
#define RUNIC_KEPT __attribute__((section(".uninitialized_data.runic")))
