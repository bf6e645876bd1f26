// Rates: how much a Rune may read, put out and log in a second. Token buckets, in integers.

#include "quota.h"

#define MS_PER_S (1000)
// Up to this capacity what is earned is counted in 32 bits, which a small core has a division for.
#define NARROW_MAX (UINT32_MAX / MS_PER_S / 2)

static void set_rate(quota_bucket_t *bucket, uint32_t per_s) {
    uint64_t full_ms = ((uint64_t)per_s + bucket->unit) * MS_PER_S / per_s + 1;
    bucket->per_s = per_s;
    bucket->full_ms = full_ms < UINT32_MAX ? (uint32_t)full_ms : UINT32_MAX;
}

void quota_start(quota_bucket_t *bucket, uint32_t per_s, uint32_t unit, uint32_t now_ms) {
    bucket->unit = unit;
    set_rate(bucket, per_s);
    bucket->levels[false].left = per_s + unit;
    bucket->levels[false].mark = now_ms;
    bucket->levels[true].left = 0;
    bucket->levels[true].mark = UINT32_MAX; // no call has that number
}

void quota_pace(quota_bucket_t *bucket, uint32_t period_ms) {
    uint64_t wanted = ((uint64_t)bucket->unit * MS_PER_S + period_ms - 1) / period_ms;
    if (wanted > bucket->per_s) {
        set_rate(bucket, wanted < QUOTA_MAX ? (uint32_t)wanted : QUOTA_MAX);
    }
}

// What is not a whole one yet stays to be earned.
static uint32_t earn(quota_level_t *level, const quota_bucket_t *bucket, uint32_t rest_ms) {
    if (bucket->per_s + bucket->unit <= NARROW_MAX) {
        uint32_t earned = rest_ms * bucket->per_s / MS_PER_S;
        level->mark += earned * MS_PER_S / bucket->per_s;
        return earned;
    }
    uint64_t earned = (uint64_t)rest_ms * bucket->per_s / MS_PER_S;
    level->mark += (uint32_t)(earned * MS_PER_S / bucket->per_s);
    return earned < UINT32_MAX ? (uint32_t)earned : UINT32_MAX;
}

// A clock of 32 bits goes round in 49 days: a longer rest may count as a shorter one.
static void fill(quota_level_t *level, const quota_bucket_t *bucket, uint32_t now_ms) {
    uint32_t capacity = bucket->per_s + bucket->unit;
    uint32_t rest_ms = now_ms - level->mark;
    if (rest_ms >= bucket->full_ms) {
        level->left = capacity;
        level->mark = now_ms;
        return;
    }
    uint32_t earned = earn(level, bucket, rest_ms);
    level->left = earned < capacity - level->left ? level->left + earned : capacity;
}

bool quota_fill_and_take(const quota_t *quota, quota_bucket_t *bucket, uint32_t amount,
    uint32_t now_ms) {
    if (bucket->per_s == 0 || quota->requested) {
        return bucket->per_s == 0;
    }
    fill(&bucket->levels[false], bucket, now_ms);
    return quota_take(quota, bucket, amount);
}
