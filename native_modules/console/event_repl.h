// The REPL as a state machine that is fed one byte at a time.
#ifndef RUNIC_CONSOLE_EVENT_REPL_H
#define RUNIC_CONSOLE_EVENT_REPL_H

#include <stddef.h>
#include <stdint.h>

#define EVENT_REPL_SOFT_RESET (0x100)

// Begin a session: banner and prompt, in the mode (friendly or raw) of the last one.
void event_repl_init(void);

// Take one byte; runs what was typed when it is complete. A Ctrl-C in what follows it interrupts
// that code. Returns EVENT_REPL_SOFT_RESET when the user asked for one (or raised SystemExit),
// else 0.
int event_repl_process_char(int c, const uint8_t *following, size_t following_bytes);

#endif // RUNIC_CONSOLE_EVENT_REPL_H
