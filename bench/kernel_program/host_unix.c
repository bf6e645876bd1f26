// The program that runs models, on this machine; each piece of memory is one that a sanitiser knows.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

#define BLOCKS (64)
#define ALIGNMENT_BYTES (16)

static int argument_count;
static char **arguments;
static FILE *jobs, *out;
static void *blocks[BLOCKS];
static size_t block_count;

static const char *argument(const char *name) {
    size_t length = strlen(name);
    for (int i = 1; i < argument_count; ++i) {
        if (strncmp(arguments[i], name, length) == 0 && arguments[i][length] == '=') {
            return arguments[i] + length + 1;
        }
    }
    return "";
}

bool host_start(int argc, char **argv) {
    argument_count = argc;
    arguments = argv;
    jobs = fopen(argument("jobs"), "rb");
    out = fopen(argument("out"), "wb");
    if (jobs == NULL || out == NULL) {
        host_say("the arguments jobs and out must name files\n");
        return false;
    }
    return true;
}

bool host_is_set(const char *name) {
    return strcmp(argument(name), "1") == 0;
}

bool host_read(void *bytes, size_t length) {
    return length == 0 || fread(bytes, length, 1, jobs) == 1;
}

bool host_write(const void *bytes, size_t length) {
    return fwrite(bytes, length, 1, out) == 1;
}

// An empty block still has an address.
void *host_alloc(size_t bytes) {
    void *block = NULL;
    if (block_count == BLOCKS || posix_memalign(&block, ALIGNMENT_BYTES, bytes + !bytes) != 0) {
        return NULL;
    }
    blocks[block_count++] = block;
    return memset(block, 0, bytes);
}

void host_free_all(void) {
    while (block_count > 0) {
        free(blocks[--block_count]);
    }
}

void host_say(const char *text) {
    fputs(text, stderr);
}

void host_exit(bool good) {
    if (out != NULL && fclose(out) != 0) {
        good = false;
    }
    exit(good ? EXIT_SUCCESS : EXIT_FAILURE);
}
