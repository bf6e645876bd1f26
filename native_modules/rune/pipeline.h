// A Rune's stages and tensors: what runs between a sensor and an output.
//
// Rules: everything is looked up and checked when a stage is added; a run
// allocates nothing and only raises when a stage fails. Tensors with an offset
// live in the pipeline's arena, the others in the model that reads or makes them.

#ifndef PIPELINE_H
#define PIPELINE_H

#include "py/obj.h"
#include "py/stream.h"
#include "modwasm3.h"
#include "rune_quota.h"
#include "rune_ring.h"
#include "runic_tensor.h"

#define PIPELINE_TENSORS_MAX (8) // inputs plus outputs of one stage

struct _custom_start_t;
struct _dsp_block_t;
struct _nn_model_t;
struct _pipeline_obj_t;
struct _rune_saga_obj_t;
struct _stage_t;

typedef void (*stage_run_t)(struct _pipeline_obj_t *pipeline, struct _stage_t *stage);

// Where a capability's data comes from: a C stream, or an object's readinto.
typedef struct _source_t {
    mp_obj_t driver;
    const mp_stream_p_t *stream; // NULL: readinto is called
    mp_obj_t readinto[2]; // method and self
} source_t;

typedef struct _stage_t {
    stage_run_t run;
    uint8_t input_count;
    uint8_t output_count;
    mp_obj_t owner; // keeps what the stage uses alive
    runic_tensor_t *tensors[PIPELINE_TENSORS_MAX]; // inputs, then outputs
    union {
        struct {
            source_t source;
            mp_obj_t view; // of the tensor, for readinto
            uint32_t index; // among the capabilities
            quota_bucket_t *bucket; // or NULL
        } capability;
        struct {
            struct _dsp_block_t *block;
        } block;
        struct {
            struct _nn_model_t *model;
            uint16_t copies; // bit i: tensor i is not the model's own buffer
        } model;
        struct {
            wasm3_module_obj_t *module;
            IM3Function transform;
            uint32_t addresses[PIPELINE_TENSORS_MAX];
            struct _custom_start_t *start; // what its memory and globals were at first
        } custom;
        struct {
            rune_ring_obj_t *ring;
            quota_bucket_t *bucket; // or NULL
            uint8_t kind;
            uint8_t channel;
        } output;
    } as;
} stage_t;

typedef struct _stage_ticks_t {
    uint32_t calls;
    uint32_t total_us;
    uint32_t max_us;
    uint32_t last_us;
} stage_ticks_t;

typedef struct _pipeline_tensor_t {
    runic_tensor_t tensor; // first: stages point here
    mp_obj_t model; // whose buffer it is, or MP_OBJ_NULL
    uint8_t model_index;
    bool is_model_input; // that buffer is the model's input
    uint8_t consumers;
    bool produced;
} pipeline_tensor_t;

typedef struct _pipeline_obj_t {
    mp_obj_base_t base;
    uint8_t *arena;
    uint32_t arena_bytes;
    pipeline_tensor_t *tensors;
    uint32_t tensor_count;
    stage_t *stages;
    stage_ticks_t *ticks;
    uint32_t stage_count;
    uint32_t capability_count;
    uint32_t running; // the stage that runs, or failed
    mp_obj_t *replay; // one buffer per capability, or NULL
    struct _rune_saga_obj_t *saga; // what timed runs are counted in, or NULL
    wasm3_module_obj_t *guest; // which called runic.run last, or NULL
    quota_t *quota; // that guest's, or NULL
    uint16_t runs; // under way, those of guests left out
    bool closed;
    bool viewed; // there were views of the arena
    bool sealed; // every tensor has memory
    bool timing;
    uint8_t untimed_left; // runs until the next that is timed
    uint32_t began_us; // when the last run that was timed began
} pipeline_obj_t;

extern const mp_obj_type_t pipeline_type;
extern const mp_obj_type_t rune_type_StageError;

// Runs stages first .. first + count - 1; raises what a stage raises.
void pipeline_run(pipeline_obj_t *self, uint32_t first, uint32_t count);

// The same, times times, for callers outside a Container.
void pipeline_run_here(pipeline_obj_t *self, uint32_t first, uint32_t count, mp_int_t times);

// Runs of fewer microseconds are timed by samples, with so many left out between two: every 31st,
// a prime, so that of calls which are made of several runs all come to be sampled.
#define SHORT_RUN_US (200)
#define UNTIMED_RUNS (30)

// Raises ValueError for a Pipeline that was closed.
void pipeline_check_open(const pipeline_obj_t *self);

// Frees its memory at once, unless it runs: then ValueError. Memoryviews of it are empty
// from then on, and everything else raises.
mp_obj_t pipeline_close(mp_obj_t self_in);

// A stage's part of it: lets go what the stage holds, as far as it is of that sort.
bool pipeline_is_model(const stage_t *stage);
void pipeline_release_model(const stage_t *stage);
void pipeline_release_custom(const stage_t *stage);
void pipeline_release_other(const stage_t *stage);

// Fills in a stage whose tensors are named by the index lists; raises ValueError.
void pipeline_prepare_stage(pipeline_obj_t *self, stage_t *stage, stage_run_t run, mp_obj_t owner,
    mp_obj_t inputs, mp_obj_t outputs);

// Appends a stage that is ready to run; until then a failure leaves the pipeline
// as it was. Returns the stage in its place.
stage_t *pipeline_add_stage(pipeline_obj_t *self, const stage_t *stage);

// A new memoryview of all bytes of one of its tensors, which keeps their memory alive.
mp_obj_t pipeline_view_bytes(pipeline_obj_t *self, const runic_tensor_t *tensor);

// Raises StageError(index of the running stage, text).
void pipeline_fail(pipeline_obj_t *self, const char *text) __attribute__((noreturn));

// Raises TypeError for an object without readinto.
void source_init(source_t *source, mp_obj_t driver);

// Bytes that the driver gave, at most length; raises what the driver raises. view
// is of data, for drivers in Python.
uint32_t source_read(const source_t *source, void *data, uint32_t length, mp_obj_t view);

// The stages' methods of Pipeline, see pipeline_stages.c, _models.c and _custom.c.
mp_obj_t pipeline_add_capability(size_t n_args, const mp_obj_t *args);
mp_obj_t pipeline_replay(mp_obj_t self_in, mp_obj_t buffers);
mp_obj_t pipeline_add_block(size_t n_args, const mp_obj_t *args);
mp_obj_t pipeline_add_model(size_t n_args, const mp_obj_t *args);
mp_obj_t pipeline_add_custom(size_t n_args, const mp_obj_t *args);
mp_obj_t pipeline_add_output(size_t n_args, const mp_obj_t *args);

// Raises the rates of its stages to what a call every so many milliseconds takes.
void pipeline_pace(pipeline_obj_t *self, uint32_t period_ms);

// Gives every stage what it needs of its tensors' memory, once all is bound.
void pipeline_seal(pipeline_obj_t *self);

// Forgets what blocks remember of earlier calls.
void pipeline_reset(pipeline_obj_t *self);

// Makes a custom block what it was when it was added; any other stage stays as it is.
void pipeline_reset_custom(stage_t *stage);

#endif // PIPELINE_H
