// Rates: how much a Rune may read, put out and log in a second. Token buckets, in integers.
//
// A bucket holds what is due in a second and what one call takes. It is filled when it has too
// little left, not before: nothing looks at the clock while there is enough. So two buckets' worth
// may go in one moment after a long rest, and no more.
//
// Calls that somebody asks for have a level of their own, full at the start of each: how many there
// are in a second is the asker's affair, not the Rune's.

#ifndef QUOTA_H
#define QUOTA_H

#include <stdbool.h>
#include <stdint.h>

#define QUOTA_MAX (INT32_MAX) // per second, and of a call

// What is denied, as container.py names it.
typedef enum {
    QUOTA_READS,
    QUOTA_OUTPUT,
    QUOTA_LOG,
    QUOTA_KINDS,
} quota_kind_t;

typedef struct _quota_level_t {
    uint32_t left;
    uint32_t mark; // when it was filled: in milliseconds, or in which call
} quota_level_t;

typedef struct _quota_bucket_t {
    quota_level_t levels[2]; // of calls by a period, of calls on request
    uint32_t per_s; // 0: no limit
    uint32_t unit; // what one call takes
    uint32_t full_ms; // it is full after so long
} quota_bucket_t;

// A container's.
typedef struct _quota_t {
    uint32_t denials[QUOTA_KINDS];
    uint32_t calls; // that went well
    bool requested; // so is the call that runs
    quota_bucket_t log;
} quota_t;

void quota_start(quota_bucket_t *bucket, uint32_t per_s, uint32_t unit, uint32_t now_ms);

// Raises the rate to what a call every so many milliseconds takes.
void quota_pace(quota_bucket_t *bucket, uint32_t period_ms);

// Takes an amount if there is as much.
static inline bool quota_take(const quota_t *quota, quota_bucket_t *bucket, uint32_t amount) {
    quota_level_t *level = &bucket->levels[quota->requested];
    if (amount > level->left) {
        return false;
    }
    level->left -= amount;
    return true;
}

// The same in a call that is asked for and has not begun yet to take: its level is full.
static inline bool quota_begin(const quota_t *quota, quota_bucket_t *bucket, uint32_t amount) {
    quota_level_t *level = &bucket->levels[true];
    uint32_t capacity = bucket->per_s + bucket->unit;
    if (!quota->requested || level->mark == quota->calls || amount > capacity) {
        return false;
    }
    level->mark = quota->calls;
    level->left = capacity - amount;
    return true;
}

// Takes an amount without a look at the clock, if that can be.
static inline bool quota_charge(const quota_t *quota, quota_bucket_t *bucket, uint32_t amount) {
    return quota_take(quota, bucket, amount) || quota_begin(quota, bucket, amount);
}

// Takes it in a call by a period, once what has come since is added.
bool quota_fill_and_take(const quota_t *quota, quota_bucket_t *bucket, uint32_t amount,
    uint32_t now_ms);

#endif // QUOTA_H
