// What code in a row weighs: so much of it spends a unit of fuel, without a loop or a call.
//
// An instruction takes a Cortex-M3 12 to 40 of its own, so that a slice of fuel is never much more
// than 64 times 1,024 times that. Those that a library's function is called for take hundreds, and
// weigh more. Included by wasm3's patched sources.

#ifndef WASM3_WEIGHT_H
#define WASM3_WEIGHT_H

#include <stdint.h>

#define WASM3_FUEL_WEIGHT (64)

#define WASM3_LIGHT (1)
#define WASM3_HEAVY (16)
#define WASM3_HEAVIEST (32)

#if UINTPTR_MAX > UINT32_MAX
#define WASM3_WEIGHT_OF_I64_DIVISION (WASM3_LIGHT)
#else
#define WASM3_WEIGHT_OF_I64_DIVISION (WASM3_HEAVY)
#endif

// Whether the core has such instructions: bits 2 and 3 are what Arm's compilers tell of it.
#if UINTPTR_MAX > UINT32_MAX
#define WASM3_FLOATS_OF_CORE (12)
#elif defined(__ARM_FP)
#define WASM3_FLOATS_OF_CORE (__ARM_FP)
#else
#define WASM3_FLOATS_OF_CORE (0)
#endif
#define WASM3_WEIGHT_OF_F32 ((WASM3_FLOATS_OF_CORE & 4) ? WASM3_LIGHT : WASM3_HEAVY)
#define WASM3_WEIGHT_OF_F64 ((WASM3_FLOATS_OF_CORE & 8) ? WASM3_LIGHT : WASM3_HEAVIEST)

// Of i32.wrap_i64 to f64.promote_f32.
static inline uint32_t wasm3_weight_of_conversion(uint32_t opcode) {
    switch (opcode) {
        case 0xa7: // i32.wrap_i64
        case 0xac: // i64.extend_i32_s, i64.extend_i32_u
        case 0xad:
            return WASM3_LIGHT;
        case 0xa8: // i32.trunc_f32_s, i32.trunc_f32_u
        case 0xa9:
        case 0xb2: // f32.convert_i32_s, f32.convert_i32_u
        case 0xb3:
            return WASM3_WEIGHT_OF_F32;
        case 0xae: // i64.trunc_f32_s, i64.trunc_f32_u
        case 0xaf:
        case 0xb4: // f32.convert_i64_s, f32.convert_i64_u
        case 0xb5:
            return WASM3_WEIGHT_OF_I64_DIVISION;
        default:
            return WASM3_WEIGHT_OF_F64;
    }
}

static inline uint32_t wasm3_weight_of(uint32_t opcode) {
    if (opcode >= 0x7f && opcode <= 0x82) { // i64.div_s to i64.rem_u
        return WASM3_WEIGHT_OF_I64_DIVISION;
    }
    if (opcode >= 0x8b && opcode <= 0x98) { // f32.abs to f32.copysign
        return WASM3_WEIGHT_OF_F32;
    }
    if (opcode >= 0x99 && opcode <= 0xa6) { // f64.abs to f64.copysign
        return WASM3_WEIGHT_OF_F64;
    }
    return opcode >= 0xa7 && opcode <= 0xbb ? wasm3_weight_of_conversion(opcode) : WASM3_LIGHT;
}

#endif // WASM3_WEIGHT_H
