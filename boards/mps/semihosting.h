// What the machine that emulates the board does for it: files, its command line, its log.
#ifndef RUNIC_MPS_SEMIHOSTING_H
#define RUNIC_MPS_SEMIHOSTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Modes of fopen(), as the semihosting specification numbers them.
#define SEMIHOSTING_READ (1)          // "rb"
#define SEMIHOSTING_READ_WRITE (3)    // "r+b"
#define SEMIHOSTING_CREATE (7)        // "w+b"

// Return a file's handle, or -1.
int semihosting_open(const char *path, int mode);

void semihosting_close(int handle);

// Read the next bytes; return whether all of them came.
bool semihosting_read(int handle, void *bytes, size_t length);

// Read or write at an offset; return whether all of it was.
bool semihosting_read_at(int handle, uint32_t offset, void *bytes, size_t length);
bool semihosting_write_at(int handle, uint32_t offset, const void *bytes, size_t length);

// Return a file's length, or -1.
int32_t semihosting_length(int handle);

// Write text into the log of whoever started the board.
void semihosting_log(const char *text);

// End the emulation.
void semihosting_exit(int status);

// Return seconds since 1970.
uint32_t semihosting_time_s(void);

// Put the value of argument `name=value` into `value`; return whether it was given and fits.
bool semihosting_argument(const char *name, char *value, size_t value_bytes);

#endif // RUNIC_MPS_SEMIHOSTING_H
