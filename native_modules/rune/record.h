// Output payloads: tensors as the original's JSON, or as its binary form.

#ifndef RECORD_H
#define RECORD_H

#include "runic_ring.h"
#include "runic_tensor.h"

// Both append to the open record of the ring and return NULL, or what is wrong
// with a tensor as a static text.

// SERIAL: {"type_name":"f32","channel":3,"elements":[1.0],"dimensions":[1]};
// several tensors make an array of these. NaN and infinities become null, bytes
// of a string that are not UTF-8 become U+FFFD.
const char *record_json(runic_ring_t *ring, uint32_t channel, const runic_tensor_t *const *tensors,
    size_t count);

// TENSOR: for each tensor u32 length of the shape's text, "f32[1, 2]", its bytes.
const char *record_binary(runic_ring_t *ring, const runic_tensor_t *const *tensors, size_t count);

#endif // RECORD_H
