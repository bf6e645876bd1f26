// What a call may spend: fuel, which wasm3's functions and loops count down inline, and time.
//
// One unit is a function entered, a branch back to the head of a loop, or some code in a row
// (wasm3_weight.h). The counter in the memory's header holds a slice of what is left, and one; when
// it comes to nothing, wasm3_meter_refill looks at the clock and at Ctrl-C and grants the next
// slice. Included by wasm3's patched sources, too.

#ifndef WASM3_METER_H
#define WASM3_METER_H

#include <stdbool.h>
#include <stdint.h>

#include "wasm3_weight.h"

struct M3Runtime;
struct _wasm3_runtime_obj_t;

#define WASM3_FUEL_UNLIMITED (UINT64_MAX)
#define WASM3_FUEL_SLICE (1024)

// Whether a branch to the head of a loop jumps there. It needs operations that become tail calls.
// Cores that run instructions out of order do better when it returns to the operation that began
// the loop, which has at hand where to go on.
#if defined(__thumb2__) && !defined(__clang__) && defined(__OPTIMIZE__)
#define d_m3LoopsJump (1)
#else
#define d_m3LoopsJump (0)
#endif

typedef struct _wasm3_meter_t {
    uint64_t fuel; // of each outermost call, or WASM3_FUEL_UNLIMITED
    uint64_t granted; // in slices, to the last call; what is in the counter was not spent of it
    uint32_t first; // the slice that each call begins with
    uint32_t deadline_ms; // of each outermost call; 0: none
    uint32_t started_ms; // when the clock was first looked at in this call
    bool clock_runs;
    struct _wasm3_runtime_obj_t *outer; // whose host function this Runtime's call runs in
} wasm3_meter_t;

// Where the native stack is.
static inline uintptr_t wasm3_native_stack(void) {
    #if defined(__arm__)
    uintptr_t here;
    __asm__ ("mov %0, sp" : "=r" (here));
    return here;
    #elif defined(__x86_64__)
    uintptr_t here;
    __asm__ ("movq %%rsp, %0" : "=r" (here));
    return here;
    #else
    return (uintptr_t)__builtin_frame_address(0);
    #endif
}

// Before the compiler goes deeper: NULL, or that the native stack is short.
const char *wasm3_check_native_stack(void);

// A slice is used up. NULL when there is more, or the trap.
const void *wasm3_meter_refill(struct M3Runtime *runtime);

// What each call may spend from now on.
void wasm3_meter_limit(wasm3_meter_t *meter, uint64_t fuel);

// Before the memory with the counter goes: `spent` is known without it.
void wasm3_meter_settle(struct _wasm3_runtime_obj_t *self);

// Whose outermost call runs; the others are behind it, outermost last.
extern struct _wasm3_runtime_obj_t *wasm3_meter_innermost;

#endif // WASM3_METER_H
