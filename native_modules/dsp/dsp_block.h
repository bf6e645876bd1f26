// Stock blocks: a table of named kernels with parameters, state and tensors.
//
// Rules: whoever owns a block gives it `state_bytes` zeroed, 8-byte aligned
// bytes between dsp_block_prepare and dsp_block_init, and keeps them and every
// text parameter alive as long as the block. Everything that can be checked
// before a run is checked by prepare. A run allocates nothing and raises
// nothing; a status is NULL when all is well, otherwise a static sentence.

#ifndef DSP_BLOCK_H
#define DSP_BLOCK_H

#include "runic_tensor.h"

#define DSP_MAX_PARAMETERS (8)
#define DSP_MAX_OUTPUTS (2)

typedef const char *dsp_status_t;

typedef enum {
    DSP_INTEGER,
    DSP_NUMBER,
    DSP_TEXT,
} dsp_kind_t;

// A text belongs to the caller and is not NUL-terminated.
typedef struct {
    const char *data;
    uint32_t length;
} dsp_text_t;

typedef union {
    int32_t integer;
    float number;
    dsp_text_t text;
} dsp_value_t;

// A parameter with its limits (inclusive) and the value it has when not given.
typedef struct {
    const char *name;
    uint8_t kind; // dsp_kind_t
    bool required;
    float lowest;
    float highest;
    dsp_value_t standard;
} dsp_parameter_t;

struct _dsp_block_type_t;

// `input` and `outputs` are the tensors' types and shapes as prepared, without data.
typedef struct _dsp_block_t {
    const struct _dsp_block_type_t *type;
    void *state;
    uint32_t state_bytes;
    dsp_value_t values[DSP_MAX_PARAMETERS]; // in the order of type->parameters
    runic_tensor_t input;
    runic_tensor_t outputs[DSP_MAX_OUTPUTS];
} dsp_block_t;

// Every block has one input. `prepare` checks types, shapes and values and sets
// state_bytes; `init` (or NULL) builds tables in the state; `reset` (or NULL)
// forgets earlier calls; `run` reads inputs[0] and fills the outputs, lowering
// their dims[0] where fewer rows came out than there is room for.
typedef struct _dsp_block_type_t {
    const char *name;
    const dsp_parameter_t *parameters;
    uint8_t parameter_count;
    uint8_t output_count;
    bool follows_rows; // works on an input with fewer rows, its output then has as few
    dsp_status_t (*prepare)(dsp_block_t *block);
    void (*init)(dsp_block_t *block);
    void (*reset)(dsp_block_t *block);
    dsp_status_t (*run)(dsp_block_t *block, const runic_tensor_t *input, runic_tensor_t *const *outputs);
} dsp_block_type_t;

extern const dsp_block_type_t *const dsp_block_types[];
extern const uint32_t dsp_block_type_count;

// NULL where there is no block of that name.
const dsp_block_type_t *dsp_block_find(const char *name, size_t length);

// Sets the type and every parameter to its standard value.
void dsp_block_begin(dsp_block_t *block, const dsp_block_type_t *type);

// The index of the block's parameter of that name, or -1.
int dsp_parameter_find(const dsp_block_type_t *type, const char *name, size_t length);

// Whether a value lies within its parameter's limits (NaN never does).
bool dsp_parameter_allows(const dsp_parameter_t *parameter, dsp_value_t value);

// Checks tensors (data is not looked at) and values; then state_bytes is known.
dsp_status_t dsp_block_prepare(dsp_block_t *block, const runic_tensor_t *const *inputs, size_t input_count,
    const runic_tensor_t *const *outputs, size_t output_count);

// Takes the zeroed state and builds the block's tables.
void dsp_block_init(dsp_block_t *block, void *state);

void dsp_block_reset(dsp_block_t *block);

// Whether these tensors are of the types and shapes that the block was prepared for.
dsp_status_t dsp_block_matches(const dsp_block_t *block, const runic_tensor_t *const *inputs, size_t input_count,
    const runic_tensor_t *const *outputs, size_t output_count);

// Runs once. The tensors must have passed dsp_block_matches; the input may have
// fewer rows. data is aligned to its element.
dsp_status_t dsp_block_run(dsp_block_t *block, runic_tensor_t *const *inputs, runic_tensor_t *const *outputs);

#endif // DSP_BLOCK_H
