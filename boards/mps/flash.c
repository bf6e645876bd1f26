// The board's flash. It is written through: whatever a call has done is in the file.
#include "flash.h"

#include <string.h>

#include "py/mperrno.h"
#include "faults.h"
#include "semihosting.h"

#define PATH_BYTES (256)
#define MIB (1024u * 1024u)

extern uint8_t flash_start;
extern uint8_t flash_end;

const flash_partition_t flash_files = { 0, 4 * MIB };
const flash_partition_t flash_read_only = { 4 * MIB, 1 * MIB };
const flash_partition_t flash_bodies = { 5 * MIB, 3 * MIB };

flash_wear_t flash_files_wear;

static int file = -1;

static uint32_t flash_bytes(void) {
    return (uint32_t)(&flash_end - &flash_start);
}

// Erase what the file does not hold, in the file too: a program beyond its end would leave zeros
// between, which nobody programmed.
static bool fill_up(uint32_t there) {
    uint8_t *rest = &flash_start + there;
    uint32_t missing = flash_bytes() - there;
    memset(rest, 0xff, missing);
    return missing == 0 || semihosting_write_at(file, there, rest, missing);
}

// A file is short when power was cut while it was made.
static bool load(void) {
    int32_t length = semihosting_length(file);
    if (length < 0 || (uint32_t)length > flash_bytes()) {
        return false;
    }
    uint32_t there = (uint32_t)length;
    return (there == 0 || semihosting_read_at(file, 0, &flash_start, there)) && fill_up(there);
}

static bool create(const char *path) {
    file = semihosting_open(path, SEMIHOSTING_CREATE);
    return file != -1 && fill_up(0);
}

void flash_start_up(void) {
    char path[PATH_BYTES];
    if (!semihosting_argument("flash", path, sizeof(path))) {
        memset(&flash_start, 0xff, flash_bytes());
        return;
    }
    file = semihosting_open(path, SEMIHOSTING_READ_WRITE);
    if (file == -1 ? create(path) : load()) {
        return;
    }
    semihosting_log("runicos: the flash's file cannot be used\n");
    semihosting_exit(1);
}

void flash_shut_down(void) {
    if (file != -1) {
        semihosting_close(file);
        file = -1;
    }
}

uint8_t *flash_address(const flash_partition_t *partition) {
    return &flash_start + partition->offset;
}

static bool is_inside(const flash_partition_t *partition, uint32_t offset, uint32_t length) {
    return offset <= partition->length && length <= partition->length - offset;
}

static int write_through(const uint8_t *bytes, uint32_t length) {
    bool written = file == -1 || semihosting_write_at(file, (uint32_t)(bytes - &flash_start), bytes, length);
    return written ? 0 : MP_EIO;
}

int flash_erase(const flash_partition_t *partition, uint32_t offset, uint32_t length) {
    if (!is_inside(partition, offset, length) || (offset | length) % FLASH_BLOCK_BYTES != 0) {
        return MP_EINVAL;
    }
    if (partition == &flash_files) {
        flash_files_wear.erased_bytes += length;
    }
    uint8_t *bytes = flash_address(partition) + offset;
    memset(bytes, 0xff, length);
    return write_through(bytes, length);
}

int flash_program(const flash_partition_t *partition, uint32_t offset, const uint8_t *bytes, size_t length) {
    if (!is_inside(partition, offset, length)) {
        return MP_EINVAL;
    }
    if (partition == &flash_files) {
        flash_files_wear.written_bytes += (uint32_t)length;
    }
    uint8_t *to = flash_address(partition) + offset;
    for (size_t at = 0; at < length; at++) {
        to[at] &= bytes[at];
    }
    return write_through(to, length);
}
