// Rates: how much a Rune may read, put out and log in a second. Token buckets, in integers.

#include "quota.h"

#define MS_PER_S (1000)

void quota_start(quota_bucket_t *bucket, uint32_t per_s, uint32_t unit, uint32_t now_ms) {
    bucket->per_s = per_s;
    bucket->unit = unit;
    bucket->levels[false].left = per_s + unit;
    bucket->levels[false].mark = now_ms;
    bucket->levels[true].left = 0;
    bucket->levels[true].mark = UINT32_MAX; // no call has that number
}

void quota_pace(quota_bucket_t *bucket, uint32_t period_ms) {
    uint64_t wanted = ((uint64_t)bucket->unit * MS_PER_S + period_ms - 1) / period_ms;
    if (wanted > bucket->per_s) {
        bucket->per_s = wanted < QUOTA_MAX ? (uint32_t)wanted : QUOTA_MAX;
    }
}

// A clock of 32 bits goes round in 49 days: a longer rest may count as a shorter one.
static void fill(quota_level_t *level, const quota_bucket_t *bucket, uint32_t now_ms) {
    uint32_t capacity = bucket->per_s + bucket->unit;
    uint64_t earned = (uint64_t)(now_ms - level->mark) * bucket->per_s / MS_PER_S;
    if (level->left >= capacity || earned >= capacity - level->left) {
        level->left = capacity;
        level->mark = now_ms;
    } else {
        // What is not a whole one yet stays to be earned.
        level->left += (uint32_t)earned;
        level->mark += (uint32_t)(earned * MS_PER_S / bucket->per_s);
    }
}

bool quota_fill_and_take(const quota_t *quota, quota_bucket_t *bucket, uint32_t amount,
    uint32_t now_ms) {
    quota_level_t *level = &bucket->levels[quota->requested];
    if (quota->requested && level->mark != quota->calls) {
        level->left = bucket->per_s + bucket->unit;
        level->mark = quota->calls;
    } else if (!quota->requested) {
        fill(level, bucket, now_ms);
    }
    return bucket->per_s == 0 || quota_take(quota, bucket, amount);
}
