// The program that runs models, on an emulated board: start-up, memory, files by semihosting.

#include <stdint.h>
#include <string.h>

#include "host.h"
#include "semihosting.h"

#define COPROCESSOR_ACCESS (*(volatile uint32_t *)0xe000ed88)
#define FLOATING_POINT_FULL (0xfu << 20)
#define PATH_BYTES (256)
#define ALIGNMENT_BYTES (16)

extern uint32_t stack_top;
extern uint8_t data_start, data_end, data_load, bss_start, bss_end;
// What the firmware maps its flash to is memory on these boards, and there is plenty of it.
extern uint8_t flash_start, flash_end;

static int jobs, out;
static uint32_t written;
static size_t used;

int main(int argc, char **argv);

__attribute__((used, noreturn)) static void start(void) {
    #if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
    COPROCESSOR_ACCESS |= FLOATING_POINT_FULL;
    __asm volatile ("dsb\n isb" ::: "memory");
    #endif
    memcpy(&data_start, &data_load, (size_t)(&data_end - &data_start));
    memset(&bss_start, 0, (size_t)(&bss_end - &bss_start));
    main(0, NULL);
    for (;;) {
    }
}

__attribute__((naked)) static void reset(void) {
    __asm volatile ("ldr r0, =stack_top\n mov sp, r0\n b %0" :: "i" (start));
}

static void fault(void) {
    semihosting_log("the processor met a fault\n");
    semihosting_exit(1);
}

typedef void (*handler_t)(void);

const handler_t vectors[16] __attribute__((section(".vectors"), used)) = {
    [0] = (handler_t)&stack_top,
    [1] = reset,
    [2 ... 15] = fault,
};

bool host_start(int argc, char **argv) {
    char path[PATH_BYTES];
    (void)argc;
    (void)argv;
    jobs = semihosting_argument("jobs", path, sizeof(path))
        ? semihosting_open(path, SEMIHOSTING_READ) : -1;
    out = semihosting_argument("out", path, sizeof(path))
        ? semihosting_open(path, SEMIHOSTING_CREATE) : -1;
    if (jobs < 0 || out < 0) {
        semihosting_log("the arguments jobs and out must name files\n");
        return false;
    }
    return true;
}

bool host_is_set(const char *name) {
    char value[2];
    return semihosting_argument(name, value, sizeof(value)) && value[0] == '1';
}

bool host_read(void *bytes, size_t length) {
    return length == 0 || semihosting_read(jobs, bytes, length);
}

bool host_write(const void *bytes, size_t length) {
    bool good = semihosting_write_at(out, written, bytes, length);
    written += length;
    return good;
}

void *host_alloc(size_t bytes) {
    size_t room = (size_t)(&flash_end - &flash_start) - used;
    if (bytes > room - ALIGNMENT_BYTES) {
        return NULL;
    }
    uint8_t *block = &flash_start + used;
    used += (bytes + ALIGNMENT_BYTES - 1) & ~(size_t)(ALIGNMENT_BYTES - 1);
    return memset(block, 0, bytes);
}

void host_free_all(void) {
    used = 0;
}

void host_say(const char *text) {
    semihosting_log(text);
}

void host_exit(bool good) {
    semihosting_close(out);
    semihosting_exit(good ? 0 : 1);
}

// Newlib's library functions end here when they give up.
__attribute__((noreturn)) void _exit(int status) {
    semihosting_exit(status == 0 ? 1 : status);
    for (;;) {
    }
}
