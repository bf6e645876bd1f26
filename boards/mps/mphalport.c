// Time, and standard input and output on the UART.
#include "py/mphal.h"
#include "py/runtime.h"
#include "py/stream.h"
#include "board.h"
#include "semihosting.h"
#include "uart.h"
#include "console_port.h"

// The FPGA's registers: its counter goes on whatever the processor does, so that no interrupt that
// comes late, or while interrupts are off, costs any time.
typedef struct {
    volatile uint32_t unused[6];
    volatile uint32_t counter;
    volatile uint32_t prescale;
} fpga_registers_t;

#define FPGA ((fpga_registers_t *)MPS_FPGA_ADDRESS)

#define SYSTICK_CONTROL (*(volatile uint32_t *)0xe000e010)
#define SYSTICK_RELOAD (*(volatile uint32_t *)0xe000e014)
#define SYSTICK_VALUE (*(volatile uint32_t *)0xe000e018)
#define SYSTICK_RUNS (7) // counts, interrupts, from the processor's clock

static uint64_t milliseconds;
static uint32_t counted_us;
static uint32_t start_s;

// The caller keeps interrupts out.
static void count_time(void) {
    uint32_t passed_ms = (FPGA->counter - counted_us) / 1000;
    counted_us += passed_ms * 1000;
    milliseconds += passed_ms;
}

void SysTick_Handler(void) {
    count_time();
    uart_tick();
}

void clock_start(void) {
    FPGA->prescale = MPS_COUNTER_HZ / 1000000 - 1;
    counted_us = FPGA->counter;
    SYSTICK_RELOAD = MPS_CLOCK_HZ / 1000 - 1;
    SYSTICK_VALUE = 0;
    SYSTICK_CONTROL = SYSTICK_RUNS;
    start_s = semihosting_time_s();
}

static uint64_t now_ms(void) {
    uint32_t state = mps_begin_atomic_section();
    count_time();
    uint64_t now = milliseconds;
    mps_end_atomic_section(state);
    return now;
}

mp_uint_t mp_hal_ticks_ms(void) {
    return (mp_uint_t)now_ms();
}

mp_uint_t mp_hal_ticks_us(void) {
    return FPGA->counter;
}

mp_uint_t mp_hal_ticks_cpu(void) {
    return mp_hal_ticks_us();
}

uint64_t mp_hal_time_ns(void) {
    return (uint64_t)start_s * 1000000000 + now_ms() * 1000000;
}

// The first millisecond counted is not a whole one: what it lacked comes at the end.
void mp_hal_delay_ms(mp_uint_t ms) {
    uint32_t end_us = mp_hal_ticks_us() + ms * 1000;
    uint64_t start = now_ms();
    while (now_ms() - start < ms) {
        mp_event_wait_ms(1);
    }
    mp_handle_pending(true);
    while ((int32_t)(mp_hal_ticks_us() - end_us) < 0) {
    }
}

void mp_hal_delay_us(mp_uint_t us) {
    uint32_t start = mp_hal_ticks_us();
    while (mp_hal_ticks_us() - start < us) {
    }
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
