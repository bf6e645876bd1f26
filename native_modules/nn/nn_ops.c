// Looks kernels up in the table of nn_op_table.h.

#include "nn_op_families.h"

#define NN_ROW(op, type, prepare, run) { NN_##op, NN_##type, prepare, run },

static const nn_kernel_t kernels[] = {
#include "nn_op_table.h"
};

#define KERNEL_COUNT (sizeof(kernels) / sizeof(kernels[0]))

const nn_kernel_t *nn_find_kernel(uint16_t code, uint8_t type) {
    for (uint32_t i = 0; i < KERNEL_COUNT; ++i) {
        if (kernels[i].code == code && kernels[i].type == type) {
            return &kernels[i];
        }
    }
    return NULL;
}

bool nn_supported(uint32_t index, uint16_t *code, uint8_t *type) {
    if (index >= KERNEL_COUNT) {
        return false;
    }
    *code = kernels[index].code;
    *type = kernels[index].type;
    return true;
}
