// Semihosting calls (Arm's "Semihosting for AArch32 and AArch64"), as QEMU answers them.
#include "semihosting.h"

#include <string.h>

enum {
    SYS_OPEN = 0x01,
    SYS_CLOSE = 0x02,
    SYS_WRITE0 = 0x04,
    SYS_WRITE = 0x05,
    SYS_READ = 0x06,
    SYS_SEEK = 0x0a,
    SYS_FLEN = 0x0c,
    SYS_TIME = 0x11,
    SYS_GET_CMDLINE = 0x15,
    SYS_EXIT_EXTENDED = 0x20,
};

#define COMMAND_LINE_BYTES (1024)
#define APPLICATION_EXIT (0x20026)

static int32_t call(uint32_t operation, const void *arguments) {
    register uint32_t r0 __asm__ ("r0") = operation;
    register const void *r1 __asm__ ("r1") = arguments;
    __asm__ volatile ("bkpt 0xab" : "+r" (r0) : "r" (r1) : "memory");
    return (int32_t)r0;
}

int semihosting_open(const char *path, int mode) {
    uint32_t arguments[] = { (uint32_t)path, (uint32_t)mode, strlen(path) };
    return call(SYS_OPEN, arguments);
}

void semihosting_close(int handle) {
    call(SYS_CLOSE, &handle);
}

// SYS_READ and SYS_WRITE return how many bytes were not transferred.
static bool transfer(uint32_t operation, int handle, const void *bytes, size_t length) {
    uint32_t arguments[] = { (uint32_t)handle, (uint32_t)bytes, length };
    return call(operation, arguments) == 0;
}

static bool seek(int handle, uint32_t offset) {
    uint32_t arguments[] = { (uint32_t)handle, offset };
    return call(SYS_SEEK, arguments) == 0;
}

bool semihosting_read(int handle, void *bytes, size_t length) {
    return transfer(SYS_READ, handle, bytes, length);
}

bool semihosting_read_at(int handle, uint32_t offset, void *bytes, size_t length) {
    return seek(handle, offset) && transfer(SYS_READ, handle, bytes, length);
}

bool semihosting_write_at(int handle, uint32_t offset, const void *bytes, size_t length) {
    return seek(handle, offset) && transfer(SYS_WRITE, handle, bytes, length);
}

int32_t semihosting_length(int handle) {
    return call(SYS_FLEN, &handle);
}

void semihosting_log(const char *text) {
    call(SYS_WRITE0, text);
}

void semihosting_exit(int status) {
    uint32_t arguments[] = { APPLICATION_EXIT, (uint32_t)status };
    call(SYS_EXIT_EXTENDED, arguments);
}

uint32_t semihosting_time_s(void) {
    return (uint32_t)call(SYS_TIME, NULL);
}

// The command line is words set apart by spaces; `name=value` stands anywhere in it.
static const char *find_value(const char *line, const char *name) {
    size_t length = strlen(name);
    for (const char *word = line; word != NULL; word = strchr(word, ' ')) {
        word += *word == ' ';
        if (strncmp(word, name, length) == 0 && word[length] == '=') {
            return word + length + 1;
        }
    }
    return NULL;
}

bool semihosting_argument(const char *name, char *value, size_t value_bytes) {
    static char line[COMMAND_LINE_BYTES];
    uint32_t arguments[] = { (uint32_t)line, sizeof(line) };
    if (call(SYS_GET_CMDLINE, arguments) != 0) {
        return false;
    }
    const char *found = find_value(line, name);
    size_t length = found == NULL ? 0 : strcspn(found, " ");
    if (found == NULL || length >= value_bytes) {
        return false;
    }
    memcpy(value, found, length);
    value[length] = 0;
    return true;
}
