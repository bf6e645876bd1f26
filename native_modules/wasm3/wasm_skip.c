// Steps over instructions without looking at what they do.

#include "wasm_numeric.h"
#include "wasm_opcodes.h"
#include "wasm_skip.h"

static const char *skip_numbers(wasm_span_t *code, uint32_t count) {
    uint32_t number;
    for (; count > 0; --count) {
        WASM_TRY(wasm_read_u32(code, &number));
    }
    return NULL;
}

static const char *skip_br_table(wasm_span_t *code) {
    uint32_t count;
    WASM_TRY(wasm_read_count(code, &count));
    return skip_numbers(code, count + 1);
}

static const char *skip_constant(uint8_t opcode, wasm_span_t *code) {
    int64_t number;
    switch (opcode) {
        case WASM_OP_F32_CONST:
            return wasm_skip(code, 4);
        case WASM_OP_F64_CONST:
            return wasm_skip(code, 8);
        default:
            return wasm_read_i64(code, &number);
    }
}

// What follows the opcode of an instruction.
static const char *skip_immediates(uint8_t opcode, wasm_span_t *code) {
    switch (opcode) {
        case WASM_OP_BR_TABLE:
            return skip_br_table(code);
        case WASM_OP_BLOCK:
        case WASM_OP_LOOP:
        case WASM_OP_IF:
        case WASM_OP_MEMORY_SIZE:
        case WASM_OP_MEMORY_GROW:
            return wasm_skip(code, 1);
        case WASM_OP_BR:
        case WASM_OP_BR_IF:
        case WASM_OP_CALL:
            return skip_numbers(code, 1);
        case WASM_OP_CALL_INDIRECT:
            return skip_numbers(code, 2);
        default:
            break;
    }
    if (opcode >= WASM_OP_I32_CONST && opcode <= WASM_OP_F64_CONST) {
        return skip_constant(opcode, code);
    }
    if (opcode >= WASM_FIRST_ACCESS && opcode <= WASM_LAST_ACCESS) {
        return skip_numbers(code, 2);
    }
    bool is_variable = opcode >= WASM_OP_LOCAL_GET && opcode <= WASM_OP_GLOBAL_SET;
    return skip_numbers(code, is_variable ? 1 : 0);
}

const char *wasm_skip_block(const uint8_t **next, const uint8_t *end) {
    wasm_span_t code = { *next, end };
    for (uint32_t depth = 0; code.next < code.end; ) {
        uint8_t opcode = *code.next;
        if (depth == 0 && (opcode == WASM_OP_END || opcode == WASM_OP_ELSE)) {
            *next = code.next;
            return NULL;
        }
        ++code.next;
        depth += opcode == WASM_OP_BLOCK || opcode == WASM_OP_LOOP || opcode == WASM_OP_IF;
        depth -= opcode == WASM_OP_END;
        WASM_TRY(skip_immediates(opcode, &code));
    }
    return "a block does not end";
}
