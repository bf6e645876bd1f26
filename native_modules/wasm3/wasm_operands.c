// The types on the operand stack of a function that is validated.

#include "wasm_operands.h"

const char wasm_unknown_instruction[] = "unknown instruction";

wasm_frame_t *wasm_innermost(const wasm_validation_t *self) {
    return &self->frames[self->frame_count - 1];
}

const char *wasm_push(wasm_validation_t *self, uint8_t type) {
    if (type == WASM_NO_VALUE) {
        return NULL;
    }
    if (self->operand_count >= WASM_MAX_OPERANDS) {
        return "too many values at a time";
    }
    self->operands[self->operand_count++] = type;
    return NULL;
}

// Code that is never reached takes whatever it wants.
const char *wasm_pop_any(wasm_validation_t *self, uint8_t *type) {
    const wasm_frame_t *frame = wasm_innermost(self);
    if (self->operand_count > frame->height) {
        *type = self->operands[--self->operand_count];
        return NULL;
    }
    *type = WASM_UNKNOWN;
    return frame->is_unreachable ? NULL : "an instruction lacks an operand";
}

const char *wasm_pop(wasm_validation_t *self, uint8_t wanted) {
    uint8_t type;
    if (wanted == WASM_NO_VALUE) {
        return NULL;
    }
    WASM_TRY(wasm_pop_any(self, &type));
    return type == wanted || type == WASM_UNKNOWN || wanted == WASM_UNKNOWN
        ? NULL : "an operand has another type than is wanted";
}

const char *wasm_replace(wasm_validation_t *self, uint8_t wanted, uint8_t result) {
    WASM_TRY(wasm_pop(self, wanted));
    return wasm_push(self, result);
}
