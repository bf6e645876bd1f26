// What the program that runs models asks of whatever it runs on: a board's emulator, or unix.
#ifndef RUNIC_KERNEL_HOST_H
#define RUNIC_KERNEL_HOST_H

#include <stdbool.h>
#include <stddef.h>

// Opens the files named by the arguments `jobs` and `out`; false, having said why, if it cannot.
bool host_start(int argc, char **argv);

// Whether the argument `name=1` was given.
bool host_is_set(const char *name);

// The next bytes of the file of jobs; false when there are not so many.
bool host_read(void *bytes, size_t length);

bool host_write(const void *bytes, size_t length);

// Zeroed memory at a multiple of 16 bytes, or NULL; all of it goes at once.
void *host_alloc(size_t bytes);
void host_free_all(void);

void host_say(const char *text);

// Ends the program.
void host_exit(bool good);

// What lies between is counted where something counts; regions are numbered.
#if defined(__arm__)
#define HOST_REGION_BEGIN(number) \
    __asm__ volatile (".hword 0xf3af, 0x8040 + %c0" :: "i" (number) : "memory")
#define HOST_REGION_END(number) \
    __asm__ volatile (".hword 0xf3af, 0x8080 + %c0" :: "i" (number) : "memory")
#else
#define HOST_REGION_BEGIN(number)
#define HOST_REGION_END(number)
#endif

#endif // RUNIC_KERNEL_HOST_H
