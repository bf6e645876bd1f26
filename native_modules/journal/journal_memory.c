// Where the board's journal lies. On Linux, where a restart of the board is a program that runs in the
// place of this one, that is memory without a name whose file descriptor both have.
#ifdef __linux__
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#else
#include "py/mpconfig.h"
#endif

#include "journal_memory.h"
#include "runic_inherited.h"

static uint8_t memory[RUNIC_JOURNAL_BYTES] RUNIC_KEPT;

#ifdef __linux__

static int inherited_file(void) {
    const char *number = getenv(RUNIC_JOURNAL_VARIABLE);
    struct stat status;
    int file = number == NULL ? -1 : atoi(number);
    return file > 2 && fstat(file, &status) == 0 && status.st_size == RUNIC_JOURNAL_BYTES ? file : -1;
}

static int new_file(void) {
    char number[12];
    int file = memfd_create("runicos-journal", 0);
    if (file >= 0 && ftruncate(file, RUNIC_JOURNAL_BYTES) == 0) {
        snprintf(number, sizeof(number), "%d", file);
        setenv(RUNIC_JOURNAL_VARIABLE, number, 1);
    }
    return file;
}

uint8_t *journal_memory(void) {
    static uint8_t *mapped;
    if (mapped == NULL) {
        int file = inherited_file();
        file = file < 0 ? new_file() : file;
        void *found = mmap(NULL, RUNIC_JOURNAL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        mapped = found == MAP_FAILED ? memory : found;
    }
    return mapped;
}

#else

uint8_t *journal_memory(void) {
    return memory;
}

#endif
