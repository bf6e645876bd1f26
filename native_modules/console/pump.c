// Threads that move bytes between the terminal and the pipes that are the board's stdin and stdout.
#define _GNU_SOURCE
#include "pump.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#define CTRL_C (3)
#define CHUNK_BYTES (1024)
// A host that reads at all takes a few kilobytes within this time.
#define WRITE_TIMEOUT_MS (500)
// A pty without a host answers EIO at once; look again now and then.
#define NO_HOST_PAUSE_US (20000)

static int terminal_in = -1;
static int terminal_out = -1;
static int input_pipe[2];
static int output_pipe[2];
static void (*raise_interrupt)(void);
static pthread_t main_thread;
static pthread_mutex_t user_code_lock = PTHREAD_MUTEX_INITIALIZER;
static bool user_code_running;
// How many Ctrl-C were passed on as input and are not read yet.
static unsigned unread_interrupts;
static pthread_mutex_t write_lock = PTHREAD_MUTEX_INITIALIZER;
// Once nobody took a write in time, printed text does not wait until somebody reads again.
static bool host_gone;
static struct termios terminal_before;
static int flags_in_before;
static int flags_out_before;

static void wake(int signal_number) {
    (void)signal_number;
}

bool pump_set_user_code(bool running) {
    pthread_mutex_lock(&user_code_lock);
    user_code_running = running;
    bool interrupted = running && unread_interrupts > 0;
    if (interrupted) {
        // User code may read standard input itself: each Ctrl-C counts once, whoever reads it.
        unread_interrupts = 0;
    }
    pthread_mutex_unlock(&user_code_lock);
    return interrupted;
}

void pump_note_read(const uint8_t *bytes, size_t length) {
    pthread_mutex_lock(&user_code_lock);
    for (size_t at = 0; at < length; at++) {
        if (bytes[at] == CTRL_C && unread_interrupts > 0) {
            unread_interrupts--;
        }
    }
    pthread_mutex_unlock(&user_code_lock);
}

// Whether Ctrl-C is an interrupt is decided under the lock, so that it cannot hit the service loop
// and that code which starts meanwhile hears of it.
static bool interrupt_user_code(void) {
    pthread_mutex_lock(&user_code_lock);
    bool running = user_code_running;
    if (running) {
        raise_interrupt();
        // A sleeping or reading main thread must see it: break its system call.
        pthread_kill(main_thread, SIGUSR2);
    } else {
        unread_interrupts++;
    }
    pthread_mutex_unlock(&user_code_lock);
    return running;
}

static void write_whole(int fd, const uint8_t *bytes, size_t length) {
    while (length > 0) {
        ssize_t written = write(fd, bytes, length);
        if (written < 0 && errno != EINTR) {
            return;
        }
        if (written > 0) {
            bytes += written;
            length -= (size_t)written;
        }
    }
}

// Pass input on, but for a Ctrl-C that interrupted.
static void pass_input(const uint8_t *bytes, size_t length) {
    size_t start = 0;
    for (size_t at = 0; at < length; at++) {
        if (bytes[at] == CTRL_C && interrupt_user_code()) {
            write_whole(input_pipe[1], bytes + start, at - start);
            start = at + 1;
        }
    }
    write_whole(input_pipe[1], bytes + start, length - start);
}

static void *input_main(void *unused) {
    (void)unused;
    uint8_t chunk[CHUNK_BYTES];
    struct pollfd in = {.fd = terminal_in, .events = POLLIN};
    for (;;) {
        poll(&in, 1, -1);
        ssize_t length = read(terminal_in, chunk, sizeof(chunk));
        if (length > 0) {
            pass_input(chunk, (size_t)length);
        } else if (length < 0 && errno == EIO) {
            usleep(NO_HOST_PAUSE_US);
        } else if (length == 0 || (errno != EINTR && errno != EAGAIN)) {
            // No more input ever: the board goes on without a console.
            close(input_pipe[1]);
            return NULL;
        }
    }
}

// Wait until the terminal takes bytes. The caller holds write_lock.
static bool wait_writable(bool patient) {
    struct pollfd out = {.fd = terminal_out, .events = POLLOUT};
    int ready = poll(&out, 1, host_gone && !patient ? 0 : WRITE_TIMEOUT_MS);
    host_gone = ready <= 0 || (out.revents & POLLOUT) == 0;
    return !host_gone;
}

static bool write_to_terminal(const uint8_t *bytes, size_t length, bool patient) {
    while (length > 0) {
        if (!wait_writable(patient)) {
            return false;
        }
        ssize_t written = write(terminal_out, bytes, length);
        if (written < 0 && errno != EINTR && errno != EAGAIN) {
            return false;
        }
        if (written > 0) {
            bytes += written;
            length -= (size_t)written;
        }
    }
    return true;
}

static bool write_locked(const uint8_t *bytes, size_t length, bool patient) {
    pthread_mutex_lock(&write_lock);
    bool taken = write_to_terminal(bytes, length, patient);
    pthread_mutex_unlock(&write_lock);
    return taken;
}

// What somebody asked for is worth waiting for, even when nobody read what was printed before.
bool pump_write(const uint8_t *bytes, size_t length) {
    return write_locked(bytes, length, true);
}

// Printed lines end with CR LF, as on a board's UART.
static void write_text(const uint8_t *text, size_t length) {
    static uint8_t previous;
    uint8_t cooked[2 * CHUNK_BYTES];
    size_t used = 0;
    for (size_t at = 0; at < length; at++) {
        if (text[at] == '\n' && previous != '\r') {
            cooked[used++] = '\r';
        }
        previous = text[at];
        cooked[used++] = text[at];
    }
    write_locked(cooked, used, false);
}

static void *output_main(void *unused) {
    (void)unused;
    uint8_t chunk[CHUNK_BYTES];
    for (;;) {
        ssize_t length = read(output_pipe[0], chunk, sizeof(chunk));
        if (length > 0) {
            write_text(chunk, (size_t)length);
        } else if (length == 0 || errno != EINTR) {
            return NULL;
        }
    }
}

static void restore_terminal(void) {
    fcntl(terminal_in, F_SETFL, flags_in_before);
    fcntl(terminal_out, F_SETFL, flags_out_before);
    if (isatty(terminal_in)) {
        tcsetattr(terminal_in, TCSANOW, &terminal_before);
    }
}

void pump_undo(void) {
    if (terminal_in >= 0) {
        restore_terminal();
        dup2(terminal_in, STDIN_FILENO);
        dup2(terminal_out, STDOUT_FILENO);
    }
}

// Both ends are often one open file, so both are made non-blocking; each thread polls first.
static void prepare_terminal(void) {
    flags_in_before = fcntl(terminal_in, F_GETFL);
    flags_out_before = fcntl(terminal_out, F_GETFL);
    fcntl(terminal_in, F_SETFL, flags_in_before | O_NONBLOCK);
    fcntl(terminal_out, F_SETFL, flags_out_before | O_NONBLOCK);
    if (tcgetattr(terminal_in, &terminal_before) == 0) {
        struct termios raw = terminal_before;
        cfmakeraw(&raw);
        tcsetattr(terminal_in, TCSANOW, &raw);
    }
    atexit(restore_terminal);
}

static int start_thread(void *(*body)(void *)) {
    pthread_t thread;
    int error = pthread_create(&thread, NULL, body, NULL);
    if (error == 0) {
        pthread_detach(thread);
    }
    return error;
}

// Signals are for the main thread: pump threads block all of them.
static int start_threads(void) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = start_thread(input_main);
    if (error == 0) {
        error = start_thread(output_main);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

static int take_over_descriptors(void) {
    terminal_in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    terminal_out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (terminal_in < 0 || terminal_out < 0 || pipe2(input_pipe, O_CLOEXEC) != 0
        || pipe2(output_pipe, O_CLOEXEC) != 0) {
        return errno;
    }
    prepare_terminal();
    if (dup2(input_pipe[0], STDIN_FILENO) < 0 || dup2(output_pipe[1], STDOUT_FILENO) < 0) {
        return errno;
    }
    return 0;
}

int pump_start(void (*interrupt)(void)) {
    if (terminal_in >= 0) {
        return 0;
    }
    raise_interrupt = interrupt;
    main_thread = pthread_self();
    struct sigaction action = {.sa_handler = wake};
    sigaction(SIGUSR2, &action, NULL);
    int error = take_over_descriptors();
    return error != 0 ? error : start_threads();
}
