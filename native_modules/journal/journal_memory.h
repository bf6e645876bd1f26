// The board's own memory for its journal: outside MicroPython's heap, so that a soft reset leaves it.

#ifndef JOURNAL_MEMORY_H
#define JOURNAL_MEMORY_H

#include <stdint.h>

#ifndef RUNIC_JOURNAL_BYTES
#define RUNIC_JOURNAL_BYTES (4096)
#endif

// A port whose linker script has a section that a reset of the chip leaves alone, too, says so:
// #define RUNIC_KEPT __attribute__((section(".noinit")))
#ifndef RUNIC_KEPT
#define RUNIC_KEPT
#endif

uint8_t *journal_memory(void);

#endif // JOURNAL_MEMORY_H
