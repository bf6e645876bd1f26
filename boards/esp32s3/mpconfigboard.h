// RunicOS's settings of an ESP32-S3 module, behind MicroPython's own.

// The partition that partitions.csv names romfs is mapped; Runes lie in it.
#undef MICROPY_VFS_ROM
#define MICROPY_VFS_ROM (1)

// wasm3 allocates from the collected heap, so that the heap is the whole budget.
#undef MICROPY_TRACKED_ALLOC
#define MICROPY_TRACKED_ALLOC (1)
