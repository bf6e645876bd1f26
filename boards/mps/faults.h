// Faults of native code: what happened is kept over the restart that follows.
#ifndef RUNIC_MPS_FAULTS_H
#define RUNIC_MPS_FAULTS_H

#include "py/obj.h"

// Restart the processor.
NORETURN void board_restart(void);

// Say whether this start was such a restart; else the power came on.
bool board_was_restarted(void);

// Keep `cause` and restart: for what must not happen.
NORETURN void fault_restart(const char *cause);

// Return the sentence about the last fault, once, or None.
mp_obj_t fault_take(void);

// Do what a defect of native code would: for tests of the board, started with faults=1.
void fault_plant(const char *kind);

#endif // RUNIC_MPS_FAULTS_H
