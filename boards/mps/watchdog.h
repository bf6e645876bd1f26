// The MPS boards' watchdog, a CMSDK device: what it finds is kept as a fault is.
#ifndef RUNIC_MPS_WATCHDOG_H
#define RUNIC_MPS_WATCHDOG_H

#include "py/obj.h"

// watchdog(timeout_ms): start it; returns an object with feed() and hold(flag).
MP_DECLARE_CONST_FUN_OBJ_1(mps_watchdog_obj);

#endif // RUNIC_MPS_WATCHDOG_H
