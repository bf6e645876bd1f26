// The serial line of the unix port: standard input and output, behind the pump.
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "py/runtime.h"
#include "console_port.h"
#include "pump.h"

int console_port_start(void) {
    return pump_start(mp_sched_keyboard_interrupt);
}

mp_int_t console_port_read(uint8_t *bytes, size_t length) {
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    if (length == 0 || poll(&in, 1, 0) <= 0) {
        return 0;
    }
    ssize_t count = read(STDIN_FILENO, bytes, length);
    if (count > 0) {
        pump_note_read(bytes, (size_t)count);
        return count;
    }
    return count < 0 && errno == EINTR ? 0 : -1;
}

bool console_port_write(const uint8_t *bytes, size_t length) {
    return pump_write(bytes, length);
}

bool console_port_set_user_code(bool running) {
    return pump_set_user_code(running);
}
