// nn.ops(): the texts of the table of kernels, all of them in flash.
//
// Boards tell them with their facts; made anew each time, they would break up a small heap.

#include "py/objstr.h"
#include "py/objtuple.h"

#include "modnn.h"

#define TEXT_BOOL "bool"
#define TEXT_FLOAT32 "float32"
#define TEXT_INT16 "int16"
#define TEXT_INT32 "int32"
#define TEXT_INT4 "int4"
#define TEXT_INT64 "int64"
#define TEXT_INT8 "int8"
#define TEXT_UINT8 "uint8"

#define NN_ROW(op, type, prepare, run) \
    static const MP_DEFINE_STR_OBJ(op##_##type, #op ":" TEXT_##type);
#include "nn_op_table.h"

#define NN_ROW(op, type, prepare, run) + 1
enum {
    OP_COUNT = 0
#include "nn_op_table.h"
};

#define NN_ROW(op, type, prepare, run) MP_ROM_PTR(&op##_##type),
static const mp_rom_obj_tuple_t texts = {
    { &mp_type_tuple }, OP_COUNT, {
#include "nn_op_table.h"
    },
};

static mp_obj_t ops(void) {
    return MP_OBJ_FROM_PTR(&texts);
}
MP_DEFINE_CONST_FUN_OBJ_0(nn_ops_obj, ops);
