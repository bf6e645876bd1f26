// The unix port's watchdog: a thread that starts the program anew when nobody has fed it in time.
//
// The process stays: its number, its terminal and its command line are the same afterwards, all else
// is as when it began. A watchdog that waits by itself needs no signal, which could end somebody's
// system call, and a process that was stopped for a while finds that no time has passed.
#ifndef RUNIC_WATCHDOG_UNIX_H
#define RUNIC_WATCHDOG_UNIX_H

#include "runic_watchdog.h"

// A number for the program that is started anew.
void watchdog_carry(uint32_t number);

// Say whether the watchdog has started this program, with what was running and the number carried;
// true once.
bool watchdog_carried(uint32_t *running, uint32_t *number);

#endif // RUNIC_WATCHDOG_UNIX_H
