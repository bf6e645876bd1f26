// Validates instructions on values: variables, memory, numbers.

#include "wasm_numeric.h"
#include "wasm_opcodes.h"
#include "wasm_operands.h"

static const char no_memory[] = "an instruction wants a memory, and there is none";

static const char *check_select(wasm_validation_t *self) {
    uint8_t one, other;
    WASM_TRY(wasm_pop(self, WASM_I32));
    WASM_TRY(wasm_pop_any(self, &one));
    WASM_TRY(wasm_pop_any(self, &other));
    if (one != other && one != WASM_UNKNOWN && other != WASM_UNKNOWN) {
        return "select is between values of different types";
    }
    return wasm_push(self, one == WASM_UNKNOWN ? other : one);
}

static const char *check_local(wasm_validation_t *self, uint8_t opcode, wasm_span_t *code) {
    uint32_t index;
    WASM_TRY(wasm_read_u32(code, &index));
    if (index >= self->local_count) {
        return "no local has this number";
    }
    uint8_t type = self->locals[index];
    if (opcode != WASM_OP_LOCAL_GET) {
        WASM_TRY(wasm_pop(self, type));
    }
    return opcode == WASM_OP_LOCAL_SET ? NULL : wasm_push(self, type);
}

static const char *check_use_of_global(wasm_validation_t *self, uint8_t opcode,
    wasm_span_t *code) {
    uint32_t index;
    WASM_TRY(wasm_read_u32(code, &index));
    if (index >= self->outline->global_count) {
        return "no global has this number";
    }
    uint8_t type = self->globals[index] & (uint8_t)~WASM_MUTABLE;
    if (opcode == WASM_OP_GLOBAL_GET) {
        return wasm_push(self, type);
    }
    return type == self->globals[index] ? "a constant global is set" : wasm_pop(self, type);
}

static const char *check_variable(wasm_validation_t *self, uint8_t opcode, wasm_span_t *code) {
    uint8_t type;
    if (opcode == WASM_OP_DROP) {
        return wasm_pop_any(self, &type);
    }
    if (opcode == WASM_OP_SELECT) {
        return check_select(self);
    }
    if (opcode < WASM_OP_LOCAL_GET || opcode > WASM_OP_GLOBAL_SET) {
        return wasm_unknown_instruction;
    }
    return opcode <= WASM_OP_LOCAL_TEE ? check_local(self, opcode, code)
        : check_use_of_global(self, opcode, code);
}

// --- memory

static const char *check_access(wasm_validation_t *self, uint8_t opcode, wasm_span_t *code) {
    const wasm_access_t *access = &wasm_accesses[opcode - WASM_FIRST_ACCESS];
    uint32_t alignment, offset;
    WASM_TRY(wasm_read_u32(code, &alignment));
    WASM_TRY(wasm_read_u32(code, &offset));
    if (self->outline->memory_count == 0) {
        return no_memory;
    }
    if (alignment > access->width) {
        return "an access is aligned to more than its size";
    }
    if (opcode >= WASM_FIRST_STORE) {
        WASM_TRY(wasm_pop(self, access->type));
        return wasm_pop(self, WASM_I32);
    }
    return wasm_replace(self, WASM_I32, access->type);
}

static const char *check_memory(wasm_validation_t *self, uint8_t opcode, wasm_span_t *code) {
    uint8_t memory;
    WASM_TRY(wasm_read_byte(code, &memory));
    if (memory != 0 || self->outline->memory_count == 0) {
        return no_memory;
    }
    return wasm_replace(self, opcode == WASM_OP_MEMORY_GROW ? WASM_I32 : WASM_NO_VALUE, WASM_I32);
}

// --- numbers

static const char *check_constant(wasm_validation_t *self, uint8_t opcode, wasm_span_t *code) {
    int32_t word;
    int64_t wide;
    switch (opcode) {
        case WASM_OP_I32_CONST:
            WASM_TRY(wasm_read_i32(code, &word));
            return wasm_push(self, WASM_I32);
        case WASM_OP_I64_CONST:
            WASM_TRY(wasm_read_i64(code, &wide));
            return wasm_push(self, WASM_I64);
        case WASM_OP_F32_CONST:
            WASM_TRY(wasm_skip(code, 4));
            return wasm_push(self, WASM_F32);
        default:
            WASM_TRY(wasm_skip(code, 8));
            return wasm_push(self, WASM_F64);
    }
}

static const char *check_numeric(wasm_validation_t *self, uint8_t opcode) {
    for (size_t i = 0; i < sizeof(wasm_numeric) / sizeof(wasm_numeric[0]); ++i) {
        const wasm_numeric_t *rule = &wasm_numeric[i];
        if (opcode <= rule->last) {
            WASM_TRY(wasm_pop(self, rule->operand_count == 2 ? rule->operand : WASM_NO_VALUE));
            return wasm_replace(self, rule->operand, rule->result);
        }
    }
    return wasm_unknown_instruction;
}

const char *wasm_check_value(wasm_validation_t *self, uint8_t opcode, wasm_span_t *code) {
    if (opcode < WASM_FIRST_ACCESS) {
        return check_variable(self, opcode, code);
    }
    if (opcode <= WASM_LAST_ACCESS) {
        return check_access(self, opcode, code);
    }
    if (opcode <= WASM_OP_MEMORY_GROW) {
        return check_memory(self, opcode, code);
    }
    return opcode < WASM_FIRST_NUMERIC ? check_constant(self, opcode, code)
        : check_numeric(self, opcode);
}
