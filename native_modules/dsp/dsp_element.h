// Reading single elements of tensors whose type is only known at run time.

#ifndef DSP_ELEMENT_H
#define DSP_ELEMENT_H

#include "runic_tensor.h"

// One bit for each element type.
#define DSP_BIT(type) (1u << (type))
#define DSP_SMALL_INTEGERS \
    (DSP_BIT(RUNIC_U8) | DSP_BIT(RUNIC_I8) | DSP_BIT(RUNIC_U16) | DSP_BIT(RUNIC_I16) | DSP_BIT(RUNIC_U32) | DSP_BIT(RUNIC_I32))
#define DSP_ORDERED (DSP_SMALL_INTEGERS | DSP_BIT(RUNIC_F32))
#define DSP_NUMERIC (DSP_ORDERED | DSP_BIT(RUNIC_U64) | DSP_BIT(RUNIC_I64))

// The key of a NaN: below every number's.
#define DSP_KEY_NAN (INT64_MIN)

// An element of a type in DSP_SMALL_INTEGERS.
int64_t dsp_load_integer(const runic_tensor_t *tensor, uint32_t index);

// A number that orders elements of a type in DSP_ORDERED as their values do.
int64_t dsp_order_key(const runic_tensor_t *tensor, uint32_t index);

// The index of the largest of count elements from start, the first among equals;
// *key is its key.
uint32_t dsp_find_largest(const runic_tensor_t *tensor, uint32_t start, uint32_t count, int64_t *key);

// The next in descending order (earlier first among equals) after the element
// with that key and index; count elements in all, one of which must be left.
uint32_t dsp_find_next(const runic_tensor_t *tensor, uint32_t count, int64_t *key, uint32_t index);

#endif // DSP_ELEMENT_H
