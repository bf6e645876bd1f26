// Whose call is under way: one word, for whoever comes after a reset that the watchdog made.
//
// A port that has memory which such a reset leaves alone says so with RUNIC_KEPT, an attribute; where
// it has none, nobody can be named.
#ifndef RUNIC_RUNNING_H
#define RUNIC_RUNNING_H

#include <stdint.h>

#include "py/mpconfig.h"

#ifndef RUNIC_KEPT
#define RUNIC_KEPT
#endif

#define RUNIC_RUNNING_NONE (0)
#define RUNIC_RUNNING_REPL (1) // somebody's own code, at the prompt

// What else it says is runic_tag() of a Rune's name.
extern volatile uint32_t runic_running;

// A name as a number, the same on each start. Two names may have one number: that takes chance.
uint32_t runic_tag(const char *name);

#endif // RUNIC_RUNNING_H
