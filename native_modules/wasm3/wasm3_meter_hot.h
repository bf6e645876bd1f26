// What of metering comes with every call: inline, see wasm3_meter.h.

#ifndef WASM3_METER_HOT_H
#define WASM3_METER_HOT_H

#include "m3_env.h"
#include "modwasm3.h"

static inline uint32_t *wasm3_meter_counter(const wasm3_runtime_obj_t *self) {
    return &self->runtime->memory.mallocated->fuel;
}

// Between calls that are one to their caller.
static inline void wasm3_meter_renew(wasm3_runtime_obj_t *self) {
    uint32_t first = self->meter.first;
    self->meter.granted = first;
    self->meter.clock_runs = false;
    *wasm3_meter_counter(self) = first + 1;
}

// Around each outermost call.
static inline void wasm3_meter_begin(wasm3_runtime_obj_t *self) {
    self->meter.outer = wasm3_meter_innermost;
    wasm3_meter_innermost = self;
    wasm3_meter_renew(self);
}

static inline void wasm3_meter_end(wasm3_runtime_obj_t *self) {
    wasm3_meter_innermost = self->meter.outer;
    self->meter.outer = NULL;
}

// Has the next unit look at the clock: a host function may have taken any time.
static inline void wasm3_meter_check_soon(wasm3_runtime_obj_t *self) {
    uint32_t *counter = wasm3_meter_counter(self);
    self->meter.granted -= *counter - 1;
    *counter = 1;
}

#endif // WASM3_METER_HOT_H
