// What the module console asks of a port that has a watchdog: CONSOLE_WATCHDOG says that it has.
#ifndef RUNIC_WATCHDOG_H
#define RUNIC_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

// Start it, or give one that has started another time. Returns 0 or an errno.
int watchdog_start(uint32_t timeout_ms);

// Begin anew to wait.
void watchdog_feed(void);

// Do not wait at all while this is true.
void watchdog_hold(bool held);

#endif // RUNIC_WATCHDOG_H
