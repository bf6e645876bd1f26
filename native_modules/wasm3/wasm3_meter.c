// Fuel and deadlines of calls, and the attributes of Runtime that set them.

#include "py/mphal.h"
#include "py/runtime.h"
#include "m3_env.h"
#include "modwasm3.h"
#include "wasm3_function.h"
#include "wasm3_meter_hot.h"

static const char trap_out_of_fuel[] = "[trap] out of fuel";
static const char trap_late[] = "[trap] deadline exceeded";

wasm3_runtime_obj_t *wasm3_meter_innermost;

// A short call never looks at the clock: it starts when the first slice is used up.
static bool is_late(void) {
    uint32_t now_ms = (uint32_t)mp_hal_ticks_ms();
    for (wasm3_runtime_obj_t *each = wasm3_meter_innermost; each != NULL; each = each->meter.outer) {
        wasm3_meter_t *meter = &each->meter;
        if (!meter->clock_runs) {
            meter->clock_runs = true;
            meter->started_ms = now_ms;
        } else if (meter->deadline_ms != 0 && now_ms - meter->started_ms >= meter->deadline_ms) {
            return true;
        }
    }
    return false;
}

static uint32_t grant(wasm3_meter_t *meter) {
    uint64_t left = meter->fuel - meter->granted;
    uint32_t slice = left < WASM3_FUEL_SLICE ? (uint32_t)left : WASM3_FUEL_SLICE;
    meter->granted += slice;
    return slice;
}

void wasm3_meter_limit(wasm3_meter_t *meter, uint64_t fuel) {
    meter->fuel = fuel;
    meter->first = fuel < WASM3_FUEL_SLICE ? (uint32_t)fuel : WASM3_FUEL_SLICE;
}

const void *wasm3_meter_refill(struct M3Runtime *runtime) {
    wasm3_runtime_obj_t *self = runtime->userdata;
    M3MemoryHeader *memory = runtime->memory.mallocated;
    memory->fuel = 1;
    if (MP_STATE_THREAD(mp_pending_exception) != MP_OBJ_NULL) {
        return wasm3_trap_interrupted;
    }
    if (self->meter.granted >= self->meter.fuel) {
        return trap_out_of_fuel;
    }
    // Should operations not be tail calls after all, each round needs a little of the stack.
    if (wasm3_native_stack() <= runtime->nativeEnd) {
        return m3Err_trapStackOverflow;
    }
    if (is_late()) {
        return trap_late;
    }
    memory->fuel = grant(&self->meter);
    return NULL;
}

static uint64_t spent(const wasm3_runtime_obj_t *self) {
    return self->meter.granted + 1 - (self->runtime == NULL ? 1 : *wasm3_meter_counter(self));
}

void wasm3_meter_settle(wasm3_runtime_obj_t *self) {
    self->meter.granted = spent(self);
}

static uint64_t limit_of(mp_obj_t value, uint64_t most) {
    uint64_t limit = wasm3_integer_from_object(value);
    if (limit > most) {
        mp_raise_ValueError(MP_ERROR_TEXT("a limit is out of range"));
    }
    return limit;
}

static void store(wasm3_meter_t *meter, qstr attribute, mp_obj_t value, mp_obj_t *dest) {
    if (attribute == MP_QSTR_fuel) {
        wasm3_meter_limit(meter,
            value == mp_const_none ? WASM3_FUEL_UNLIMITED : limit_of(value, INT64_MAX));
        dest[0] = MP_OBJ_NULL;
    } else if (attribute == MP_QSTR_deadline_ms) {
        meter->deadline_ms = value == mp_const_none ? 0 : (uint32_t)limit_of(value, INT32_MAX);
        dest[0] = MP_OBJ_NULL;
    }
}

static mp_obj_t none_or(bool is_none, uint64_t value) {
    return is_none ? mp_const_none : mp_obj_new_int_from_ull(value);
}

// fuel and deadline_ms: None or an integer; spent is read only.
void wasm3_meter_attr(mp_obj_t self_in, qstr attribute, mp_obj_t *dest) {
    wasm3_runtime_obj_t *self = MP_OBJ_TO_PTR(self_in);
    wasm3_meter_t *meter = &self->meter;
    if (dest[0] != MP_OBJ_NULL) {
        if (dest[1] != MP_OBJ_NULL) {
            store(meter, attribute, dest[1], dest);
        }
    } else if (attribute == MP_QSTR_fuel) {
        dest[0] = none_or(meter->fuel == WASM3_FUEL_UNLIMITED, meter->fuel);
    } else if (attribute == MP_QSTR_deadline_ms) {
        dest[0] = none_or(meter->deadline_ms == 0, meter->deadline_ms);
    } else if (attribute == MP_QSTR_spent) {
        dest[0] = mp_obj_new_int_from_ull(spent(self));
    } else {
        dest[1] = MP_OBJ_SENTINEL;
    }
}
