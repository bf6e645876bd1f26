// The serial line of a board: whatever its MicroPython port has as standard input and output.
#include "py/mphal.h"
#include "py/runtime.h"
#include "py/stream.h"
#include "shared/readline/readline.h"
#include "shared/runtime/interrupt_char.h"
#include "console_port.h"

// A port that can look into its input overrides this.
MP_WEAK bool console_port_drop_interrupt(void) {
    return false;
}

int console_port_start(void) {
    return 0;
}

mp_int_t console_port_read(uint8_t *bytes, size_t length) {
    size_t count = 0;
    while (count < length && (mp_hal_stdio_poll(MP_STREAM_POLL_RD) & MP_STREAM_POLL_RD)) {
        bytes[count++] = (uint8_t)mp_hal_stdin_rx_chr();
    }
    return (mp_int_t)count;
}

bool console_port_write(const uint8_t *bytes, size_t length) {
    return mp_hal_stdout_tx_strn((const char *)bytes, length) == length;
}

bool console_port_set_user_code(bool running) {
    mp_hal_set_interrupt_char(running ? CHAR_CTRL_C : -1);
    return running && console_port_drop_interrupt();
}
