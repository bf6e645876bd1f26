// What is counted of a Rune's calls: latencies, results, and what its model reads.
//
// Rules: integers only, memory is the caller's, counting allocates nothing. saga_t is sent
// to hosts as it lies, little endian and without gaps; docs/saga.md describes it, and
// host/runicd/saga.py reads it. Counts are halved together when one is full, so that they
// stay shares and lean towards what is recent.

#ifndef SAGA_H
#define SAGA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runic_tensor.h"

#define SAGA_FORMAT (2)
#define SAGA_BUCKETS (100) // 0 to 3 us, then four to an octave, up to 67 s
#define SAGA_CLASSES_MAX (64) // the last one counts all further ones, too
#define SAGA_CONFIDENCES (8) // of an eighth each
#define SAGA_ELEMENTS_MAX (1024) // of a result that is searched for its largest
#define SAGA_SAMPLES (8) // elements of an input that are looked at in a call
#define SAGA_FRACTION_BITS (16) // of floats, once they are integers
#define SAGA_NO_TYPE (255)

// Elements of a model's input: integers as they are, floats times 65536. Squares are of the
// same scale.
typedef struct _saga_inputs_t {
    uint64_t squares;
    int64_t sum;
    uint32_t count;
    uint32_t windows; // whole inputs that these elements are of
} saga_inputs_t;

typedef struct _saga_t {
    uint8_t format;
    uint8_t stage_count;
    uint8_t class_count; // 0: there is no model, or its result is no choice among classes
    uint8_t input_type; // runic_type_t of the first model's input, or SAGA_NO_TYPE
    uint32_t calls; // that were looked at
    saga_inputs_t inputs;
    saga_inputs_t baseline; // the same of the golden vectors
    uint16_t confidences[SAGA_CONFIDENCES];
    uint16_t golden_confidences[SAGA_CONFIDENCES];
    uint16_t counts[]; // latencies of calls, of each stage, then classes, then those of golden vectors
} saga_t;

// How the elements of a model's result are read as shares of 1.
typedef struct _saga_scale_t {
    int32_t zero_point;
    int32_t factor; // of an integer element: 65536 times its scale; 0 for floats
} saga_scale_t;

// Bytes of a saga_t; what lies there is set up by saga_init, and was zeros before.
size_t saga_bytes(uint32_t stage_count, uint32_t class_count);
void saga_init(saga_t *saga, uint8_t stage_count, uint8_t class_count, uint8_t input_type);

// How many classes a result distinguishes, 0 when it is not one row of 2 to 1024 numbers.
uint8_t saga_classes(const runic_tensor_t *result);

// Whether the elements of that type can be summed up.
bool saga_reads(uint8_t type);

uint32_t saga_bucket(uint32_t elapsed_us);
void saga_count_call(saga_t *saga, uint32_t elapsed_us);
void saga_count_stage(saga_t *saga, uint32_t stage, uint32_t elapsed_us);

// Counts the largest element's place, and how large it is: of a call, or of a golden vector.
void saga_count_result(saga_t *saga, const runic_tensor_t *result, const saga_scale_t *scale,
    bool is_golden);

// Lets what was counted of golden vectors go: they run anew.
void saga_forget_baseline(saga_t *saga);

// Adds elements of an input, every step-th from one that changes from call to call.
void saga_add_inputs(saga_inputs_t *inputs, const runic_tensor_t *tensor, uint32_t step,
    uint32_t turn);

#endif // SAGA_H
