// What instructions without a rule of their own take and leave (WebAssembly 1.0, 5.4.3 and 5.4.5).

#ifndef WASM_NUMERIC_H
#define WASM_NUMERIC_H

#include "wasm_validate.h"

// Instructions that follow each other up to the last one: so many operands of one type.
typedef struct _wasm_numeric_t {
    uint8_t last;
    uint8_t operand_count;
    uint8_t operand;
    uint8_t result;
} wasm_numeric_t;

#define WASM_FIRST_NUMERIC (0x45)

// In the order of their opcodes, from WASM_FIRST_NUMERIC on without a gap.
static const wasm_numeric_t wasm_numeric[] = {
    { 0x45, 1, WASM_I32, WASM_I32 }, // i32.eqz
    { 0x4f, 2, WASM_I32, WASM_I32 }, // i32.eq ... i32.ge_u
    { 0x50, 1, WASM_I64, WASM_I32 }, // i64.eqz
    { 0x5a, 2, WASM_I64, WASM_I32 }, // i64.eq ... i64.ge_u
    { 0x60, 2, WASM_F32, WASM_I32 }, // f32.eq ... f32.ge
    { 0x66, 2, WASM_F64, WASM_I32 }, // f64.eq ... f64.ge
    { 0x69, 1, WASM_I32, WASM_I32 }, // i32.clz ... i32.popcnt
    { 0x78, 2, WASM_I32, WASM_I32 }, // i32.add ... i32.rotr
    { 0x7b, 1, WASM_I64, WASM_I64 }, // i64.clz ... i64.popcnt
    { 0x8a, 2, WASM_I64, WASM_I64 }, // i64.add ... i64.rotr
    { 0x91, 1, WASM_F32, WASM_F32 }, // f32.abs ... f32.sqrt
    { 0x98, 2, WASM_F32, WASM_F32 }, // f32.add ... f32.copysign
    { 0x9f, 1, WASM_F64, WASM_F64 }, // f64.abs ... f64.sqrt
    { 0xa6, 2, WASM_F64, WASM_F64 }, // f64.add ... f64.copysign
    { 0xa7, 1, WASM_I64, WASM_I32 }, // i32.wrap_i64
    { 0xa9, 1, WASM_F32, WASM_I32 }, // i32.trunc_f32_s, _u
    { 0xab, 1, WASM_F64, WASM_I32 }, // i32.trunc_f64_s, _u
    { 0xad, 1, WASM_I32, WASM_I64 }, // i64.extend_i32_s, _u
    { 0xaf, 1, WASM_F32, WASM_I64 }, // i64.trunc_f32_s, _u
    { 0xb1, 1, WASM_F64, WASM_I64 }, // i64.trunc_f64_s, _u
    { 0xb3, 1, WASM_I32, WASM_F32 }, // f32.convert_i32_s, _u
    { 0xb5, 1, WASM_I64, WASM_F32 }, // f32.convert_i64_s, _u
    { 0xb6, 1, WASM_F64, WASM_F32 }, // f32.demote_f64
    { 0xb8, 1, WASM_I32, WASM_F64 }, // f64.convert_i32_s, _u
    { 0xba, 1, WASM_I64, WASM_F64 }, // f64.convert_i64_s, _u
    { 0xbb, 1, WASM_F32, WASM_F64 }, // f64.promote_f32
    { 0xbc, 1, WASM_F32, WASM_I32 }, // i32.reinterpret_f32
    { 0xbd, 1, WASM_F64, WASM_I64 }, // i64.reinterpret_f64
    { 0xbe, 1, WASM_I32, WASM_F32 }, // f32.reinterpret_i32
    { 0xbf, 1, WASM_I64, WASM_F64 }, // f64.reinterpret_i64
    { 0xc1, 1, WASM_I32, WASM_I32 }, // i32.extend8_s, i32.extend16_s
    { 0xc4, 1, WASM_I64, WASM_I64 }, // i64.extend8_s ... i64.extend32_s
};

// A load or store, from WASM_FIRST_ACCESS on: its type, and log2 of the bytes it moves.
typedef struct _wasm_access_t {
    uint8_t type;
    uint8_t width;
} wasm_access_t;

#define WASM_FIRST_ACCESS (0x28)
#define WASM_FIRST_STORE (0x36)
#define WASM_LAST_ACCESS (0x3e)

static const wasm_access_t wasm_accesses[] = {
    { WASM_I32, 2 }, { WASM_I64, 3 }, { WASM_F32, 2 }, { WASM_F64, 3 },
    { WASM_I32, 0 }, { WASM_I32, 0 }, { WASM_I32, 1 }, { WASM_I32, 1 },
    { WASM_I64, 0 }, { WASM_I64, 0 }, { WASM_I64, 1 }, { WASM_I64, 1 },
    { WASM_I64, 2 }, { WASM_I64, 2 },
    { WASM_I32, 2 }, { WASM_I64, 3 }, { WASM_F32, 2 }, { WASM_F64, 3 },
    { WASM_I32, 0 }, { WASM_I32, 1 }, { WASM_I64, 0 }, { WASM_I64, 1 }, { WASM_I64, 2 },
};

#endif // WASM_NUMERIC_H
