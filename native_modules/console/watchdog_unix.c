// A thread that starts the program anew.
#define _GNU_SOURCE
#include "watchdog_unix.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "pump.h"
#include "runic_inherited.h"
#include "runic_running.h"

#define VARIABLE "RUNICOS_WATCHDOG"
#define CARRIED_BYTES (64)
#define TICK_MS (10)
#define COMMAND_BYTES_MAX (128 * 1024)
#define FILES_MAX (4096)

extern char **environ;

static atomic_uint ticks_left;
static atomic_uint ticks_given;
static atomic_bool is_held;
static atomic_uint carried_number;
static bool has_started;
// What the program is started with. Made beforehand: the thread that hangs may hold the allocator.
static char **arguments;
static char **variables;
static char carried[CARRIED_BYTES];
static char *start_folder;
static sigset_t start_mask;
static int journal_file = -1;

// Before anything changes it: the program is started anew where it was started.
__attribute__((constructor)) static void note_folder(void) {
    start_folder = getcwd(NULL, 0);
}

// All but the standard ones and the journal's memory.
static void close_files(void) {
    struct rlimit files;
    int end = getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < FILES_MAX ? (int)files.rlim_cur : FILES_MAX;
    for (int file = STDERR_FILENO + 1; file < end; ++file) {
        if (file != journal_file) {
            // Closed by execve: until then another thread may use it.
            fcntl(file, F_SETFD, FD_CLOEXEC);
        }
    }
}

static void start_anew(void) {
    snprintf(carried, sizeof(carried), VARIABLE "=%u,%u", (unsigned)runic_running, (unsigned)carried_number);
    pump_undo();
    close_files();
    pthread_sigmask(SIG_SETMASK, &start_mask, NULL);
    if (chdir(start_folder) == 0) {
        execve("/proc/self/exe", arguments, variables);
    }
    perror("runicos: the watchdog cannot start the board anew");
    _exit(1);
}

static void *watch(void *unused) {
    (void)unused;
    const struct timespec tick = { .tv_nsec = TICK_MS * 1000000 };
    for (;;) {
        nanosleep(&tick, NULL);
        if (!is_held && atomic_fetch_sub(&ticks_left, 1) <= 1) {
            start_anew();
        }
    }
    return NULL;
}

void watchdog_feed(void) {
    ticks_left = ticks_given;
}

void watchdog_hold(bool held) {
    watchdog_feed();
    is_held = held;
}

void watchdog_carry(uint32_t number) {
    carried_number = number;
}

static size_t count_words(const char *text, size_t length) {
    size_t count = 0;
    for (size_t at = 0; at < length; ++at) {
        count += text[at] == 0;
    }
    return count;
}

static char **split_words(char *text, size_t length) {
    size_t count = count_words(text, length);
    char **words = calloc(count + 1, sizeof(*words));
    for (size_t word = 0; words != NULL && word < count; ++word) {
        words[word] = text;
        text += strlen(text) + 1;
    }
    return words;
}

// The command line as this process was given it, options of the interpreter and all.
static int read_arguments(void) {
    int file = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return errno;
    }
    char *text = malloc(COMMAND_BYTES_MAX);
    size_t length = 0;
    ssize_t count = 1;
    while (text != NULL && count > 0 && length < COMMAND_BYTES_MAX) {
        count = read(file, text + length, COMMAND_BYTES_MAX - length);
        length += count > 0 ? (size_t)count : 0;
    }
    close(file);
    if (text == NULL || length == 0 || length == COMMAND_BYTES_MAX || text[length - 1] != 0) {
        free(text);
        return text == NULL ? ENOMEM : E2BIG;
    }
    arguments = split_words(text, length);
    return arguments == NULL ? ENOMEM : 0;
}

static int copy_variables(void) {
    size_t count = 0;
    while (environ[count] != NULL) {
        ++count;
    }
    variables = calloc(count + 2, sizeof(*variables));
    if (variables == NULL) {
        return ENOMEM;
    }
    for (size_t at = 0; at < count; ++at) {
        variables[at] = strdup(environ[at]);
        if (variables[at] == NULL) {
            return ENOMEM;
        }
    }
    variables[count] = carried;
    return 0;
}

static int start_thread(void) {
    sigset_t all;
    pthread_t thread;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &start_mask);
    int error = pthread_create(&thread, NULL, watch, NULL);
    pthread_sigmask(SIG_SETMASK, &start_mask, NULL);
    return error != 0 ? error : pthread_detach(thread);
}

int watchdog_start(uint32_t timeout_ms) {
    ticks_given = timeout_ms / TICK_MS + 1;
    watchdog_hold(false);
    if (has_started) {
        return 0;
    }
    const char *journal = getenv(RUNIC_JOURNAL_VARIABLE);
    journal_file = journal == NULL ? -1 : atoi(journal);
    int error = start_folder == NULL ? ENOENT : read_arguments();
    if (error == 0) {
        error = copy_variables();
    }
    if (error == 0) {
        error = start_thread();
    }
    has_started = error == 0;
    return error;
}

bool watchdog_carried(uint32_t *running, uint32_t *number) {
    const char *text = getenv(VARIABLE);
    unsigned said[2];
    if (text == NULL || sscanf(text, "%u,%u", &said[0], &said[1]) != 2) {
        return false;
    }
    *running = said[0];
    *number = said[1];
    // Not for this program's own children, nor for its next start.
    return unsetenv(VARIABLE) == 0;
}
