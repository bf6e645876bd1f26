// The unix port's watchdog: a thread that starts the program anew when nobody has fed it in time.
//
// The process stays: its number, its terminal and its command line are the same afterwards, all else
// is as when it began. A watchdog that waits by itself needs no signal, which could end somebody's
// system call, and a process that was stopped for a while finds that no time has passed.
#ifndef RUNIC_WATCHDOG_UNIX_H
#define RUNIC_WATCHDOG_UNIX_H

#include <stdbool.h>
#include <stdint.h>

// Start it, or give one that has started another time. The program is started anew in `folder`.
// Returns 0 or an errno.
int watchdog_start(uint32_t timeout_ms, const char *folder);

// Begin anew to wait.
void watchdog_feed(void);

// Do not wait at all while this is true.
void watchdog_hold(bool held);

// A number for the program that is started anew.
void watchdog_carry(uint32_t number);

// Say whether the watchdog has started this program, with what was running and the number carried;
// true once.
bool watchdog_carried(uint32_t *running, uint32_t *number);

#endif // RUNIC_WATCHDOG_UNIX_H
