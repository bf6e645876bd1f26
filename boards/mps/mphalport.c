// Time, and standard input and output on the UART.
#include "py/mphal.h"
#include "py/runtime.h"
#include "py/stream.h"
#include "board.h"
#include "semihosting.h"
#include "uart.h"
#include "console_port.h"

// Counts of the SysTick a millisecond and a microsecond; board.h gives its rate.
#define COUNTS_PER_MS (MPS_CLOCK_HZ / 1000)
#define COUNTS_PER_US (MPS_CLOCK_HZ / 1000000)

#define SYSTICK_CONTROL (*(volatile uint32_t *)0xe000e010)
#define SYSTICK_RELOAD (*(volatile uint32_t *)0xe000e014)
#define SYSTICK_VALUE (*(volatile uint32_t *)0xe000e018)
#define INTERRUPT_CONTROL (*(volatile uint32_t *)0xe000ed04)
#define SYSTICK_RUNS (7) // counts, interrupts, from the processor's clock
#define SYSTICK_PENDING (1u << 26)

static volatile uint32_t milliseconds;
static uint32_t start_s;

void SysTick_Handler(void) {
    milliseconds++;
}

void clock_start(void) {
    SYSTICK_RELOAD = COUNTS_PER_MS - 1;
    SYSTICK_VALUE = 0;
    SYSTICK_CONTROL = SYSTICK_RUNS;
    start_s = semihosting_time_s();
}

mp_uint_t mp_hal_ticks_ms(void) {
    return milliseconds;
}

// The counter may run out between two reads: then its interrupt is pending, and not counted yet.
static uint32_t read_us(void) {
    uint32_t state = mps_begin_atomic_section();
    uint32_t value = SYSTICK_VALUE;
    uint32_t ms = milliseconds;
    if (INTERRUPT_CONTROL & SYSTICK_PENDING) {
        value = SYSTICK_VALUE;
        ms++;
    }
    mps_end_atomic_section(state);
    return ms * 1000 + (value == 0 ? 0 : COUNTS_PER_MS - value) / COUNTS_PER_US;
}

// A counter that reads 0 belongs to the millisecond that ends, or to the next: who asks at that
// moment must not see time go back.
mp_uint_t mp_hal_ticks_us(void) {
    static uint32_t last_us;
    uint32_t now_us = read_us();
    if (last_us - now_us > 1000) {
        last_us = now_us;
    }
    return last_us;
}

mp_uint_t mp_hal_ticks_cpu(void) {
    return mp_hal_ticks_us();
}

uint64_t mp_hal_time_ns(void) {
    return (uint64_t)start_s * 1000000000 + (uint64_t)milliseconds * 1000000;
}

static void wait_us(uint32_t start, uint32_t us) {
    while (mp_hal_ticks_us() - start < us) {
    }
}

// The first millisecond counted is not a whole one: what it lacked comes at the end.
void mp_hal_delay_ms(mp_uint_t ms) {
    uint32_t start_us = mp_hal_ticks_us();
    uint32_t start = milliseconds;
    while (milliseconds - start < ms) {
        mp_event_wait_ms(ms - (milliseconds - start));
    }
    mp_handle_pending(true);
    wait_us(start_us, ms * 1000);
}

void mp_hal_delay_us(mp_uint_t us) {
    wait_us(mp_hal_ticks_us(), us);
}

uintptr_t mp_hal_stdio_poll(uintptr_t poll_flags) {
    uintptr_t ready = 0;
    if ((poll_flags & MP_STREAM_POLL_RD) && uart_has_input()) {
        ready |= MP_STREAM_POLL_RD;
    }
    if ((poll_flags & MP_STREAM_POLL_WR) && uart_can_send()) {
        ready |= MP_STREAM_POLL_WR;
    }
    return ready;
}

int mp_hal_stdin_rx_chr(void) {
    for (;;) {
        int c = uart_take();
        if (c >= 0) {
            return c;
        }
        mp_event_wait_indefinite();
    }
}

mp_uint_t mp_hal_stdout_tx_strn(const char *text, size_t length) {
    return uart_send((const uint8_t *)text, length);
}

bool console_port_drop_interrupt(void) {
    return uart_drop_interrupt();
}
