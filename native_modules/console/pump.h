// The pump between the terminal and the board's standard input and output.
//
// A board on a UART hears Ctrl-C while user code runs and never blocks for good on a host that has
// stopped reading. Two threads give the unix port the same: one moves bytes from the terminal into
// the pipe that is now standard input and acts on Ctrl-C, one moves what is printed to the
// terminal and drops it when nobody takes it.
#ifndef RUNIC_CONSOLE_PUMP_H
#define RUNIC_CONSOLE_PUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Take over file descriptors 0 and 1. `interrupt` is called from a pump thread when Ctrl-C arrives
// while user code runs. Returns 0 or an errno; a second call does nothing.
int pump_start(void (*interrupt)(void));

// Say whether user code runs; between the two calls a Ctrl-C is an interrupt and not input. Returns
// true at its start when a Ctrl-C was passed on as input that nobody has read: it means this code.
bool pump_set_user_code(bool running);

// Take notice of bytes that were read from standard input.
void pump_note_read(const uint8_t *bytes, size_t length);

// Write all bytes to the terminal, uninterrupted by printed text. Returns false when nobody took
// them in time: the rest was dropped.
bool pump_write(const uint8_t *bytes, size_t length);

// Make the descriptors 0 and 1 what they were before pump_start, for a program that takes over from
// this one. Calls only what a signal handler may.
void pump_undo(void);

#endif // RUNIC_CONSOLE_PUMP_H
