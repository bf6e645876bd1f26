// The stock blocks' types, and checks that several of them make.

#ifndef DSP_BLOCK_TABLE_H
#define DSP_BLOCK_TABLE_H

#include "dsp_block.h"

extern const dsp_block_type_t dsp_block_argmax;
extern const dsp_block_type_t dsp_block_audio_float_conversion;
extern const dsp_block_type_t dsp_block_binary_classification;
extern const dsp_block_type_t dsp_block_dequantize;
extern const dsp_block_type_t dsp_block_fft;
extern const dsp_block_type_t dsp_block_image_normalization;
extern const dsp_block_type_t dsp_block_label;
extern const dsp_block_type_t dsp_block_modulo;
extern const dsp_block_type_t dsp_block_most_confident_indices;
extern const dsp_block_type_t dsp_block_noise_filtering;
extern const dsp_block_type_t dsp_block_normalize;
extern const dsp_block_type_t dsp_block_object_filter;
extern const dsp_block_type_t dsp_block_ohv_label;
extern const dsp_block_type_t dsp_block_parse;
extern const dsp_block_type_t dsp_block_quantize;
extern const dsp_block_type_t dsp_block_segment_output;
extern const dsp_block_type_t dsp_block_softmax;
extern const dsp_block_type_t dsp_block_utf8_decode;

// Whether the prepared input and first output are of types in these sets of DSP_BITs.
dsp_status_t dsp_require(const dsp_block_t *block, uint32_t input_types, uint32_t output_types);

// Whether the first output has as many elements as the input.
dsp_status_t dsp_require_as_many(const dsp_block_t *block);

// Elements of a tensor whose count is known to fit.
uint32_t dsp_count(const runic_tensor_t *tensor);

#endif // DSP_BLOCK_TABLE_H
