// Weights packed once, when a model is loaded, in the order in which kernels read them.

#include "nn_op_families.h"
#include "nn_pack.h"

#define ALIGNMENT_BYTES (8)

// The layer of an op whose weights can be packed, and what they take then; else NULL.
static nn_conv_layer_t *layer_of(const nn_op_t *op, uint64_t *bytes) {
    if (op->kernel->code != NN_CONV_2D || op->kernel->type != NN_INT8
        || !(op->inputs[1]->flags & NN_TENSOR_CONSTANT)) {
        return NULL;
    }
    nn_conv_layer_t *layer = op->state;
    if (layer->run == nn_conv_s8) {
        return NULL;
    }
    *bytes = (nn_fast_packed_bytes(layer) + ALIGNMENT_BYTES - 1) & ~(uint64_t)(ALIGNMENT_BYTES - 1);
    return *bytes == 0 ? NULL : layer;
}

uint32_t nn_count_packed(const nn_model_t *model) {
    uint64_t all = 0, bytes;
    for (uint32_t i = 0; i < model->op_list.count; ++i) {
        if (layer_of(&model->ops[i], &bytes) != NULL) {
            all += bytes;
        }
        if (all > INT32_MAX) {
            return 0; // more than any board has
        }
    }
    return (uint32_t)all;
}

void nn_model_pack(nn_model_t *model, void *packed) {
    uint8_t *to = packed;
    for (uint32_t i = 0; i < model->op_list.count && model->packed_bytes > 0; ++i) {
        const nn_op_t *op = &model->ops[i];
        uint64_t bytes;
        nn_conv_layer_t *layer = layer_of(op, &bytes);
        if (layer != NULL) {
            nn_fast_pack(layer, nn_s8(op, 1), nn_s32(op, 2), to);
            layer->packed = to;
            to += bytes;
        }
    }
}
