// Numbers in bytes, little endian wherever they lie.

#ifndef RUNIC_BYTES_H
#define RUNIC_BYTES_H

#include <stdint.h>

static inline uint32_t runic_load_u32(const uint8_t *bytes) {
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static inline void runic_store_u32(uint8_t *bytes, uint32_t value) {
    for (int i = 0; i < 4; ++i) {
        bytes[i] = (uint8_t)(value >> (8 * i));
    }
}

#endif // RUNIC_BYTES_H
