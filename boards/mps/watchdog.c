// The MPS boards' watchdog, a CMSDK device: what it finds is kept as a fault is.
//
// When its time is over it raises the interrupt that nothing can keep out, which ends as any fault
// does (faults.c); if even that does not restart the board, it does so itself after the same time.
#include "runic_watchdog.h"

#include "board.h"

typedef struct {
    volatile uint32_t load;
    volatile uint32_t value;
    volatile uint32_t control;
    volatile uint32_t clear;
} watchdog_registers_t;

#define WATCHDOG ((watchdog_registers_t *)MPS_WATCHDOG_ADDRESS)
#define WATCHDOG_LOCK (*(volatile uint32_t *)(MPS_WATCHDOG_ADDRESS + 0xc00))
#define WATCHDOG_KEY (0x1acce551)
#define CONTROL_OFF (0)
#define CONTROL_ON (3) // interrupts, then resets
#define TIMEOUT_MAX_MS ((uint32_t)(UINT32_MAX * (uint64_t)1000 / MPS_WATCHDOG_HZ))

int watchdog_start(uint32_t timeout_ms) {
    timeout_ms = timeout_ms < TIMEOUT_MAX_MS ? timeout_ms : TIMEOUT_MAX_MS;
    WATCHDOG_LOCK = WATCHDOG_KEY;
    WATCHDOG->control = CONTROL_OFF;
    WATCHDOG->load = (uint32_t)((uint64_t)timeout_ms * MPS_WATCHDOG_HZ / 1000);
    WATCHDOG->control = CONTROL_ON;
    return 0;
}

void watchdog_feed(void) {
    WATCHDOG->clear = 1;
}

void watchdog_hold(bool held) {
    watchdog_feed();
    WATCHDOG->control = held ? CONTROL_OFF : CONTROL_ON;
}
