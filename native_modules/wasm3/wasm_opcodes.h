// Opcodes of WebAssembly 1.0 that have a rule of their own; wasm_numeric.h has the others.

#ifndef WASM_OPCODES_H
#define WASM_OPCODES_H

enum {
    WASM_OP_UNREACHABLE = 0x00,
    WASM_OP_NOP = 0x01,
    WASM_OP_BLOCK = 0x02,
    WASM_OP_LOOP = 0x03,
    WASM_OP_IF = 0x04,
    WASM_OP_ELSE = 0x05,
    WASM_OP_END = 0x0b,
    WASM_OP_BR = 0x0c,
    WASM_OP_BR_IF = 0x0d,
    WASM_OP_BR_TABLE = 0x0e,
    WASM_OP_RETURN = 0x0f,
    WASM_OP_CALL = 0x10,
    WASM_OP_CALL_INDIRECT = 0x11,
    WASM_OP_DROP = 0x1a,
    WASM_OP_SELECT = 0x1b,
    WASM_OP_LOCAL_GET = 0x20,
    WASM_OP_LOCAL_SET = 0x21,
    WASM_OP_LOCAL_TEE = 0x22,
    WASM_OP_GLOBAL_GET = 0x23,
    WASM_OP_GLOBAL_SET = 0x24,
    WASM_OP_MEMORY_SIZE = 0x3f,
    WASM_OP_MEMORY_GROW = 0x40,
    WASM_OP_I32_CONST = 0x41,
    WASM_OP_I64_CONST = 0x42,
    WASM_OP_F32_CONST = 0x43,
    WASM_OP_F64_CONST = 0x44,
};

#endif // WASM_OPCODES_H
