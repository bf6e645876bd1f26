// RunicOS's simulated board as a variant of MicroPython's unix port: the features compiled in.
//
// It behaves like a microcontroller where that matters to a Rune: single-precision floats, a
// heap of fixed size (set at start with -X heapsize), native memory taken from that heap.

#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)

// Most boards have single-precision floats; what differs there must differ here too.
#define MICROPY_FLOAT_IMPL (MICROPY_FLOAT_IMPL_FLOAT)

// The common unix settings choose everything that is not chosen here.
#include "ports/unix/variants/mpconfigvariant_common.h"

#define MICROPY_ENABLE_SCHEDULER (1)
#define MICROPY_PY_MICROPYTHON_HEAP_LOCKED (1)

#define MICROPY_PY_DEFLATE (1)
#define MICROPY_PY_DEFLATE_COMPRESS (1)
#define MICROPY_PY_HASHLIB_SHA256 (1)

// sys.platform stays "linux"; the banner and sys.implementation name the board.
#define MICROPY_BANNER_MACHINE "RunicOS simulated board [" MICROPY_PLATFORM_COMPILER "] version"
