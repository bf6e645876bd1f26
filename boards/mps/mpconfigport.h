// The MPS boards' settings: those of MicroPython's QEMU port, with what a board has on top.
#ifndef RUNIC_MPS_MPCONFIGPORT_H
#define RUNIC_MPS_MPCONFIGPORT_H

#include "ports/qemu/mpconfigport.h"

#undef MICROPY_PY_SYS_STDIO_BUFFER
#undef MICROPY_PY_SELECT
#undef MICROPY_PY_TIME
#undef MICROPY_PY_ASYNCIO
#undef MICROPY_VFS_ROM_IOCTL
#undef MICROPY_PY_MACHINE_INCLUDEFILE
#undef MICROPY_PY_SYS_PLATFORM

#define MICROPY_PY_SYS_PLATFORM "mps"
#define MICROPY_PY_SYS_STDIO_BUFFER (1)
#define MICROPY_PY_SELECT (1)
#define MICROPY_PY_ASYNCIO (1)
#define MICROPY_PY_MACHINE_INCLUDEFILE "modmachine_mps.c"
#define MICROPY_PY_MACHINE_DISABLE_IRQ_ENABLE_IRQ (1)
#define MICROPY_PY_MACHINE_MEMX (1)

#define MICROPY_PY_TIME (1)
#define MICROPY_PY_TIME_GMTIME_LOCALTIME_MKTIME (1)
#define MICROPY_PY_TIME_TIME_TIME_NS (1)
#define MICROPY_PY_TIME_INCLUDEFILE "modtime_mps.c"
#define MICROPY_EPOCH_IS_1970 (1)

#define MICROPY_PY_OS_URANDOM (1)
#define MICROPY_PY_OS_INCLUDEFILE "modos_mps.c"
#define MICROPY_PY_OS_SYNC (1)

#define MICROPY_PY_DEFLATE (1)
#define MICROPY_PY_DEFLATE_COMPRESS (1)
#define MICROPY_PY_HASHLIB_SHA256 (1)

#define MICROPY_VFS_ROM_IOCTL (1)
#define MICROPY_FATFS_RPATH (0)

#define MICROPY_KBD_EXCEPTION (1)
#define MICROPY_ENABLE_SCHEDULER (1)
#define MICROPY_PY_MICROPYTHON_HEAP_LOCKED (1)
#define MICROPY_STACK_CHECK (1)
#define MICROPY_ENABLE_FINALISER (1)

// Objects that the collector has found and not yet followed; where they are too many for this, it
// looks through the whole heap for them. As much RAM as MicroPython's own 64 of twice the size.
#define MICROPY_ALLOC_GC_STACK_SIZE (128)
#define MICROPY_GC_STACK_ENTRY_TYPE uint16_t

// Sleep until an interrupt; the clock's comes every millisecond.
#define MICROPY_INTERNAL_WFE(TIMEOUT_MS) __asm volatile ("wfi" ::: "memory")

#define MICROPY_BEGIN_ATOMIC_SECTION() mps_begin_atomic_section()
#define MICROPY_END_ATOMIC_SECTION(state) mps_end_atomic_section(state)

static inline uint32_t mps_begin_atomic_section(void) {
    uint32_t state;
    __asm volatile ("mrs %0, primask\n cpsid i" : "=r" (state)::"memory");
    return state;
}

static inline void mps_end_atomic_section(uint32_t state) {
    __asm volatile ("msr primask, %0" ::"r" (state) : "memory");
}

// What a restart leaves alone: the journal, whose call is under way, the note of a fault.
#define RUNIC_KEPT __attribute__((section(".kept.journal")))

#endif // RUNIC_MPS_MPCONFIGPORT_H
