// What a call may spend: fuel, which wasm3's functions and loops count down inline, and time.
//
// One unit is a function entered or a branch back to the head of a loop. The counter in the
// memory's header holds a slice of what is left; when that is used up, wasm3_meter_refill looks
// at the clock and at Ctrl-C and grants the next. Included by wasm3's patched sources, too.

#ifndef WASM3_METER_H
#define WASM3_METER_H

#include <stdbool.h>
#include <stdint.h>

struct M3Runtime;
struct _wasm3_runtime_obj_t;

#define WASM3_FUEL_UNLIMITED (UINT64_MAX)
#define WASM3_FUEL_SLICE (1024)

typedef struct _wasm3_meter_t {
    uint64_t fuel; // of each outermost call, or WASM3_FUEL_UNLIMITED
    uint64_t granted; // in slices, to the call that runs; what is in the counter is not yet spent
    uint64_t spent; // by the last call
    uint32_t deadline_ms; // of each outermost call; 0: none
    uint32_t started_ms; // when the clock was first looked at in this call
    bool clock_runs;
    struct _wasm3_runtime_obj_t *outer; // whose host function this Runtime's call runs in
} wasm3_meter_t;

// Before the compiler goes deeper: NULL, or that the native stack is short.
const char *wasm3_check_native_stack(void);

// A slice is used up. NULL when there is more, or the trap.
const void *wasm3_meter_refill(struct M3Runtime *runtime);

// Around each outermost call; renew between calls that are one to their caller.
void wasm3_meter_begin(struct _wasm3_runtime_obj_t *self);
void wasm3_meter_renew(struct _wasm3_runtime_obj_t *self);
void wasm3_meter_end(struct _wasm3_runtime_obj_t *self);

// Has the next unit look at the clock: a host function may have taken any time.
void wasm3_meter_check_soon(struct _wasm3_runtime_obj_t *self);

#endif // WASM3_METER_H
