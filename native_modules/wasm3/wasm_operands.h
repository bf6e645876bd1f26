// The types on the operand stack of a function that is validated.
//
// WebAssembly 1.0, appendix "Validation Algorithm": below the height of the innermost block no
// instruction takes anything, and code that is never reached takes whatever it wants.

#ifndef WASM_OPERANDS_H
#define WASM_OPERANDS_H

#include "wasm_validate.h"

extern const char wasm_unknown_instruction[];

wasm_frame_t *wasm_innermost(const wasm_validation_t *self);

// WASM_NO_VALUE is neither pushed nor popped.
const char *wasm_push(wasm_validation_t *self, uint8_t type);
const char *wasm_pop(wasm_validation_t *self, uint8_t wanted);
const char *wasm_pop_any(wasm_validation_t *self, uint8_t *type);
const char *wasm_replace(wasm_validation_t *self, uint8_t wanted, uint8_t result);

// An instruction that is neither control nor call (wasm_values.c).
const char *wasm_check_value(wasm_validation_t *self, uint8_t opcode, wasm_span_t *code);

#endif // WASM_OPERANDS_H
