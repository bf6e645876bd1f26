// A Rune's rates in its container and its pipeline: made from Python, breached by a trap.

#include "py/mphal.h"
#include "py/runtime.h"
#include "modwasm3.h"
#include "rune_quota.h"
#include "runic_arguments.h"

static uint32_t rate_number(mp_obj_t object, mp_int_t least) {
    mp_int_t number = runic_integer(object);
    if (number < least || number > QUOTA_MAX) {
        mp_raise_ValueError(MP_ERROR_TEXT("a rate is out of range"));
    }
    return (uint32_t)number;
}

quota_bucket_t *rune_quota_bucket(mp_obj_t rate) {
    if (rate == mp_const_none) {
        return NULL;
    }
    mp_obj_t *numbers;
    mp_obj_get_array_fixed_n(rate, 2, &numbers);
    uint32_t per_s = rate_number(numbers[0], 1);
    uint32_t unit = rate_number(numbers[1], 0);
    quota_bucket_t *bucket = m_new(quota_bucket_t, 1);
    quota_start(bucket, per_s, unit, (uint32_t)mp_hal_ticks_ms());
    return bucket;
}

bool rune_quota_refilled(quota_t *quota, quota_bucket_t *bucket, uint32_t amount,
    quota_kind_t kind) {
    // Calls that are asked for need no clock.
    uint32_t now_ms = quota->requested ? 0 : (uint32_t)mp_hal_ticks_ms();
    if (quota_fill_and_take(quota, bucket, amount, now_ms)) {
        return true;
    }
    ++quota->denials[kind];
    return false;
}

void rune_quota_breach(quota_kind_t kind) {
    mp_raise_msg(&wasm3_type_Trap, kind == QUOTA_READS
        ? MP_ERROR_TEXT("capability rate exceeded") : MP_ERROR_TEXT("output rate exceeded"));
    MP_UNREACHABLE
}
