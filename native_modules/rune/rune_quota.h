// A Rune's rates in its container and its pipeline: made from Python, breached by a trap.

#ifndef RUNE_QUOTA_H
#define RUNE_QUOTA_H

#include "py/obj.h"
#include "quota.h"

// A new bucket from (most per second, what one call takes), NULL for None. Raises ValueError.
quota_bucket_t *rune_quota_bucket(mp_obj_t rate);

// Says whether there was as much, now that what has come since is added; else it is counted.
bool rune_quota_refilled(quota_t *quota, quota_bucket_t *bucket, uint32_t amount, quota_kind_t kind);

// Raises wasm3's Trap, named for what was exceeded.
void rune_quota_breach(quota_kind_t kind) __attribute__((noreturn));

// Takes an amount, or raises. Without a quota nobody counts: no Rune runs.
static inline void rune_quota_charge(quota_t *quota, quota_bucket_t *bucket, uint32_t amount,
    quota_kind_t kind) {
    if (bucket != NULL && quota != NULL && !quota_charge(quota, bucket, amount)
        && !rune_quota_refilled(quota, bucket, amount, kind)) {
        rune_quota_breach(kind);
    }
}

#endif // RUNE_QUOTA_H
