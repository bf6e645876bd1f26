// The serial line of an MPS board.
#include "uart.h"

#include <string.h>

#include "py/mphal.h"
#include "py/runtime.h"
#include "shared/readline/readline.h"
#include "shared/runtime/interrupt_char.h"
#include "board.h"

typedef struct {
    volatile uint32_t data;
    volatile uint32_t state;
    volatile uint32_t control;
    volatile uint32_t interrupts;
    volatile uint32_t divider;
} uart_registers_t;

#define UART ((uart_registers_t *)MPS_UART_ADDRESS)
#define STATE_SEND_FULL (1u << 0)
#define STATE_INPUT_FULL (1u << 1)
#define CONTROL_SEND (1u << 0)
#define CONTROL_RECEIVE (1u << 1)
#define CONTROL_RECEIVE_INTERRUPT (1u << 3)
#define INTERRUPT_RECEIVE (1u << 1)
#define INTERRUPT_ENABLE ((volatile uint32_t *)0xe000e100)

#define RUNNING (CONTROL_SEND | CONTROL_RECEIVE | CONTROL_RECEIVE_INTERRUPT)
#define WITHOUT_INTERRUPT (CONTROL_SEND | CONTROL_RECEIVE)
#define DIVIDER_LEAST (16)
#define HOST_GONE_MS (500)
#define NOBODY_READS_MS (1000)

// A power of two: indexes run on and are cut to it. It holds a full frame and more.
#define RING_BYTES (4096)

static volatile uint8_t ring[RING_BYTES];
static volatile uint32_t ring_in;
static volatile uint32_t ring_out;
static volatile uint32_t full_ms;
static bool host_gone;

void uart_start(void) {
    UART->divider = DIVIDER_LEAST;
    UART->control = RUNNING;
    INTERRUPT_ENABLE[MPS_UART_INTERRUPT / 32] = 1u << (MPS_UART_INTERRUPT % 32);
}

static bool has_room(void) {
    return ring_in - ring_out < RING_BYTES;
}

// User code that runs and reads nothing must hear a Ctrl-C, however much was sent before it.
static bool takes_input(void) {
    return has_room() || full_ms >= NOBODY_READS_MS;
}

static void take_byte(uint8_t byte) {
    if (byte == mp_interrupt_char) {
        mp_sched_keyboard_interrupt();
    } else if (has_room()) {
        ring[ring_in % RING_BYTES] = byte;
        ring_in++;
    }
}

static void drain(void) {
    while ((UART->state & STATE_INPUT_FULL) && takes_input()) {
        take_byte((uint8_t)UART->data);
    }
}

// With the ring full, input waits in the UART and its sender with it: nothing is lost.
void uart_receive_handler(void) {
    // Once for all that is there: what comes between the last look and this is seen afterwards.
    do {
        drain();
        UART->interrupts = INTERRUPT_RECEIVE;
    } while ((UART->state & STATE_INPUT_FULL) && takes_input());
    if (!takes_input()) {
        UART->control = WITHOUT_INTERRUPT;
        UART->interrupts = INTERRUPT_RECEIVE;
    }
}

// The interrupt comes with a byte's arrival: one that came while it was off is fetched by hand.
static void resume(void) {
    uint32_t state = mps_begin_atomic_section();
    if (UART->control != RUNNING) {
        UART->control = RUNNING;
        uart_receive_handler();
    }
    mps_end_atomic_section(state);
}

// Half empty: to start and stop the sender for every byte is slow.
static void resume_with_room(void) {
    if (UART->control != RUNNING && ring_in - ring_out <= RING_BYTES / 2) {
        resume();
    }
}

void uart_tick(void) {
    full_ms = has_room() || mp_interrupt_char < 0 ? 0 : full_ms + 1;
    if (full_ms >= NOBODY_READS_MS) {
        resume();
    }
}

bool uart_has_input(void) {
    return ring_in != ring_out;
}

int uart_take(void) {
    if (ring_in == ring_out) {
        return -1;
    }
    uint8_t byte = ring[ring_out % RING_BYTES];
    ring_out++;
    full_ms = 0;
    resume_with_room();
    return byte;
}

bool uart_drop_interrupt(void) {
    uint32_t state = mps_begin_atomic_section();
    uint32_t kept = ring_out;
    for (uint32_t at = ring_out; at != ring_in; at++) {
        uint8_t byte = ring[at % RING_BYTES];
        if (byte != CHAR_CTRL_C) {
            ring[kept++ % RING_BYTES] = byte;
        }
    }
    bool dropped = kept != ring_in;
    ring_in = kept;
    resume_with_room();
    mps_end_atomic_section(state);
    return dropped;
}

bool uart_can_send(void) {
    return (UART->state & STATE_SEND_FULL) == 0;
}

static bool wait_for_room(void) {
    uint32_t start = mp_hal_ticks_ms();
    while (!uart_can_send()) {
        if (host_gone || mp_hal_ticks_ms() - start > HOST_GONE_MS) {
            host_gone = true;
            return false;
        }
    }
    host_gone = false;
    return true;
}

size_t uart_send(const uint8_t *bytes, size_t length) {
    for (size_t at = 0; at < length; at++) {
        if (!wait_for_room()) {
            return at;
        }
        UART->data = bytes[at];
    }
    return length;
}
