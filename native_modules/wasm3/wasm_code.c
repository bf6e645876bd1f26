// Validates a function's body: the types on the operand stack, and the labels of branches.
//
// WebAssembly 1.0, appendix "Validation Algorithm": one pass over the instructions, with the
// types of the operands and a frame for each block that is open.

#include "wasm_opcodes.h"
#include "wasm_operands.h"

// --- blocks

static const char *open(wasm_validation_t *self, uint8_t opcode, uint8_t result) {
    // The function's own frame is not counted.
    if (self->frame_count > self->limits->nesting) {
        return "blocks are nested too deeply";
    }
    self->frames[self->frame_count++] = (wasm_frame_t) {
        .height = (uint16_t)self->operand_count, .opcode = opcode, .result = result,
    };
    return NULL;
}

static const char *close(wasm_validation_t *self, wasm_frame_t *closed) {
    *closed = *wasm_innermost(self);
    WASM_TRY(wasm_pop(self, closed->result));
    if (self->operand_count != closed->height) {
        return "values are left over at the end of a block";
    }
    --self->frame_count;
    return NULL;
}

static void give_up(wasm_validation_t *self) {
    wasm_frame_t *frame = wasm_innermost(self);
    self->operand_count = frame->height;
    frame->is_unreachable = true;
}

static const char *read_label(wasm_validation_t *self, wasm_span_t *code, uint8_t *type) {
    uint32_t depth;
    WASM_TRY(wasm_read_u32(code, &depth));
    if (depth >= self->frame_count) {
        return "a branch leads out of the function";
    }
    const wasm_frame_t *frame = &self->frames[self->frame_count - 1 - depth];
    *type = frame->opcode == WASM_OP_LOOP ? WASM_NO_VALUE : frame->result;
    return NULL;
}

static const char *check_open(wasm_validation_t *self, uint8_t opcode, wasm_span_t *code) {
    uint8_t result;
    if (code->next < code->end && *code->next == WASM_NO_VALUE) {
        result = *code->next++;
    } else {
        WASM_TRY(wasm_read_value_type(code, &result));
    }
    WASM_TRY(wasm_pop(self, opcode == WASM_OP_IF ? WASM_I32 : WASM_NO_VALUE));
    return open(self, opcode, result);
}

static const char *check_else(wasm_validation_t *self) {
    wasm_frame_t frame;
    if (wasm_innermost(self)->opcode != WASM_OP_IF) {
        return "else without an if";
    }
    WASM_TRY(close(self, &frame));
    return open(self, WASM_OP_ELSE, frame.result);
}

static const char *check_end(wasm_validation_t *self) {
    wasm_frame_t frame;
    WASM_TRY(close(self, &frame));
    if (frame.opcode == WASM_OP_IF && frame.result != WASM_NO_VALUE) {
        return "an if gives a value, and has no else";
    }
    return wasm_push(self, frame.result);
}

static const char *check_br_table(wasm_validation_t *self, wasm_span_t *code) {
    uint32_t count;
    uint8_t type, other;
    WASM_TRY(wasm_read_count(code, &count));
    if (count > self->limits->branch_targets) {
        return "a br_table has too many targets";
    }
    WASM_TRY(read_label(self, code, &type));
    for (; count > 0; --count) {
        WASM_TRY(read_label(self, code, &other));
        if (other != type) {
            return "the targets of a br_table take different values";
        }
    }
    WASM_TRY(wasm_pop(self, WASM_I32));
    WASM_TRY(wasm_pop(self, type));
    give_up(self);
    return NULL;
}

static const char *check_branch(wasm_validation_t *self, uint8_t opcode, wasm_span_t *code) {
    uint8_t type = self->frames[0].result;
    if (opcode != WASM_OP_RETURN) {
        WASM_TRY(read_label(self, code, &type));
    }
    if (opcode == WASM_OP_BR_IF) {
        WASM_TRY(wasm_pop(self, WASM_I32));
        return wasm_replace(self, type, type);
    }
    WASM_TRY(wasm_pop(self, type));
    give_up(self);
    return NULL;
}

static const char *check_control(wasm_validation_t *self, uint8_t opcode, wasm_span_t *code) {
    switch (opcode) {
        case WASM_OP_UNREACHABLE:
            give_up(self);
            return NULL;
        case WASM_OP_NOP:
            return NULL;
        case WASM_OP_BLOCK:
        case WASM_OP_LOOP:
        case WASM_OP_IF:
            return check_open(self, opcode, code);
        case WASM_OP_ELSE:
            return check_else(self);
        case WASM_OP_END:
            return check_end(self);
        case WASM_OP_BR_TABLE:
            return check_br_table(self, code);
        case WASM_OP_BR:
        case WASM_OP_BR_IF:
        case WASM_OP_RETURN:
            return check_branch(self, opcode, code);
        default:
            return wasm_unknown_instruction;
    }
}

// --- calls

static const char *apply(wasm_validation_t *self, uint32_t type) {
    wasm_signature_t signature;
    wasm_signature_at(self, type, &signature);
    for (uint32_t i = signature.parameter_count; i > 0; --i) {
        WASM_TRY(wasm_pop(self, signature.parameters[i - 1]));
    }
    return wasm_push(self, signature.result);
}

static const char *check_call(wasm_validation_t *self, wasm_span_t *code) {
    uint32_t function;
    WASM_TRY(wasm_read_u32(code, &function));
    if (function >= self->outline->function_count) {
        return "a call of no function";
    }
    return apply(self, self->functions[function]);
}

static const char *check_call_indirect(wasm_validation_t *self, wasm_span_t *code) {
    uint32_t type;
    uint8_t table;
    WASM_TRY(wasm_read_u32(code, &type));
    WASM_TRY(wasm_read_byte(code, &table));
    if (type >= self->outline->type_count || table != 0 || self->outline->table_count == 0) {
        return "an indirect call of no type, or without a table";
    }
    WASM_TRY(wasm_pop(self, WASM_I32));
    return apply(self, type);
}

// --- a body

static const char *check_instruction(wasm_validation_t *self, uint8_t opcode, wasm_span_t *code) {
    switch (opcode) {
        case WASM_OP_CALL:
            return check_call(self, code);
        case WASM_OP_CALL_INDIRECT:
            return check_call_indirect(self, code);
        default:
            return opcode < WASM_OP_CALL ? check_control(self, opcode, code)
                : wasm_check_value(self, opcode, code);
    }
}

static const char *read_locals(wasm_validation_t *self, wasm_span_t *code) {
    uint32_t groups, count, most = self->local_count + self->limits->locals;
    uint8_t type;
    WASM_TRY(wasm_read_count(code, &groups));
    for (; groups > 0; --groups) {
        WASM_TRY(wasm_read_u32(code, &count));
        WASM_TRY(wasm_read_value_type(code, &type));
        if (count > most - self->local_count) {
            return "a function has too many locals";
        }
        for (; count > 0; --count) {
            self->locals[self->local_count++] = type;
        }
    }
    return NULL;
}

const char *wasm_check_body(wasm_validation_t *self, uint32_t function, wasm_span_t *code) {
    wasm_signature_t signature;
    uint8_t opcode;
    wasm_signature_at(self, self->functions[function], &signature);
    self->local_count = self->operand_count = self->frame_count = 0;
    for (uint32_t i = 0; i < signature.parameter_count; ++i) {
        self->locals[self->local_count++] = signature.parameters[i];
    }
    WASM_TRY(read_locals(self, code));
    WASM_TRY(open(self, WASM_OP_BLOCK, signature.result));
    while (self->frame_count > 0) {
        const uint8_t *start = code->next;
        WASM_TRY(wasm_read_byte(code, &opcode));
        const char *error = check_instruction(self, opcode, code);
        if (error != NULL) {
            code->next = start;
            return error;
        }
    }
    return NULL;
}
