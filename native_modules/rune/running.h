// Functions of module `rune` for the watchdog.
#ifndef RUNE_RUNNING_H
#define RUNE_RUNNING_H

#include "py/obj.h"

MP_DECLARE_CONST_FUN_OBJ_2(rune_watch_obj);
MP_DECLARE_CONST_FUN_OBJ_0(rune_hungry_obj);
MP_DECLARE_CONST_FUN_OBJ_0(rune_feed_obj);
MP_DECLARE_CONST_FUN_OBJ_1(rune_hold_obj);
MP_DECLARE_CONST_FUN_OBJ_VAR_BETWEEN(rune_running_obj);
MP_DECLARE_CONST_FUN_OBJ_1(rune_tag_obj);

#endif // RUNE_RUNNING_H
