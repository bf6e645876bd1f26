// Stages that are not models: capabilities, stock blocks, outputs.

#include <string.h>

#include "py/objarray.h"
#include "py/runtime.h"
#include "moddsp.h"
#include "pipeline.h"
#include "record.h"
#include "runic_arguments.h"

#define KIND_SERIAL (1)
#define KIND_TENSOR (5)

// Of the types with a C stream only those whose readinto is the stream's own are
// read directly; a class that overrides it must be asked.
void source_init(source_t *source, mp_obj_t driver) {
    source->driver = driver;
    source->stream = NULL;
    mp_load_method_maybe(driver, MP_QSTR_readinto, source->readinto);
    if (source->readinto[0] == MP_OBJ_NULL) {
        mp_raise_TypeError(MP_ERROR_TEXT("a driver has readinto(buffer)"));
    }
    if (source->readinto[0] == MP_OBJ_FROM_PTR(&mp_stream_readinto_obj)) {
        source->stream = mp_get_stream_raise(driver, MP_STREAM_OP_READ);
    }
}

// A stream may run Python, which may add stages and so leave the source behind.
static uint32_t read_stream(const mp_stream_p_t *stream, mp_obj_t driver, uint8_t *data,
    uint32_t length) {
    uint32_t done = 0;
    while (done < length) {
        int error_code;
        mp_uint_t count = stream->read(driver, data + done, length - done, &error_code);
        if (count == MP_STREAM_ERROR) {
            mp_raise_OSError(error_code);
        }
        if (count == 0 || count > length - done) {
            break;
        }
        done += (uint32_t)count;
    }
    return done;
}

uint32_t source_read(const source_t *source, void *data, uint32_t length, mp_obj_t view) {
    if (source->stream != NULL) {
        return read_stream(source->stream, source->driver, data, length);
    }
    mp_obj_t call[3] = { source->readinto[0], source->readinto[1], view };
    mp_obj_t count = mp_call_method_n_kw(1, 0, call);
    if (!mp_obj_is_small_int(count) || MP_OBJ_SMALL_INT_VALUE(count) < 0) {
        return 0;
    }
    mp_uint_t given = (mp_uint_t)MP_OBJ_SMALL_INT_VALUE(count);
    return given < length ? (uint32_t)given : length;
}

// One buffer per capability, in the order of their stages; None ends the replay.
mp_obj_t pipeline_replay(mp_obj_t self_in, mp_obj_t buffers) {
    pipeline_obj_t *self = MP_OBJ_TO_PTR(self_in);
    pipeline_check_open(self);
    self->replay = NULL;
    if (buffers != mp_const_none) {
        size_t count;
        mp_obj_t *items;
        mp_obj_get_array(buffers, &count, &items);
        if (count != self->capability_count) {
            mp_raise_ValueError(MP_ERROR_TEXT("replay wants one buffer per capability"));
        }
        mp_obj_t *copy = m_new(mp_obj_t, count + 1);
        memcpy(copy, items, count * sizeof(mp_obj_t));
        self->replay = copy;
    }
    return mp_const_none;
}

static void replay_capability(pipeline_obj_t *self, stage_t *stage) {
    runic_tensor_t *tensor = stage->tensors[0];
    mp_buffer_info_t info;
    mp_get_buffer_raise(self->replay[stage->as.capability.index], &info, MP_BUFFER_READ);
    if (info.len != tensor->capacity_bytes) {
        pipeline_fail(self, "the replayed input has another size than the tensor");
    }
    memmove(tensor->data, info.buf, info.len);
}

static void run_capability(pipeline_obj_t *self, stage_t *stage) {
    runic_tensor_t *tensor = stage->tensors[0];
    if (self->replay != NULL) {
        replay_capability(self, stage);
        return;
    }
    rune_quota_charge(self->quota, stage->as.capability.bucket, 1, QUOTA_READS);
    uint32_t length = tensor->capacity_bytes;
    uint32_t count = source_read(&stage->as.capability.source, tensor->data, length,
        stage->as.capability.view);
    if (count != length) {
        pipeline_fail(self, "the capability gave fewer bytes than its tensor has");
    }
}

// add_capability(driver, tensor[, rate])
mp_obj_t pipeline_add_capability(size_t n_args, const mp_obj_t *args) {
    pipeline_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    mp_obj_t driver = args[1];
    source_t source;
    source_init(&source, driver);
    quota_bucket_t *bucket = rune_quota_bucket(n_args > 3 ? args[3] : mp_const_none);
    if (self->replay != NULL) {
        mp_raise_ValueError(MP_ERROR_TEXT("a replay is going on"));
    }
    mp_obj_t outputs = mp_obj_new_tuple(1, &args[2]);
    stage_t stage;
    pipeline_prepare_stage(self, &stage, run_capability, driver, mp_const_empty_tuple, outputs);
    stage.as.capability.source = source;
    stage.as.capability.index = self->capability_count;
    stage.as.capability.bucket = bucket;
    pipeline_add_stage(self, &stage);
    ++self->capability_count;
    return mp_const_none;
}

// Where a block gave fewer rows than there is room for, models and custom blocks
// still read all of them: zeros, not what an earlier run left there.
static void clear_unused_rows(const stage_t *stage) {
    for (uint8_t i = 0; i < stage->output_count; ++i) {
        const runic_tensor_t *tensor = stage->tensors[stage->input_count + i];
        uint32_t used;
        if (runic_tensor_bytes(tensor, &used) && used < tensor->capacity_bytes) {
            memset((uint8_t *)tensor->data + used, 0, tensor->capacity_bytes - used);
        }
    }
}

static void run_block(pipeline_obj_t *self, stage_t *stage) {
    const char *error = dsp_block_run(stage->as.block.block, stage->tensors,
        stage->tensors + stage->input_count);
    if (error != NULL) {
        pipeline_fail(self, error);
    }
    clear_unused_rows(stage);
}

mp_obj_t pipeline_add_block(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    pipeline_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    dsp_block_t *block = dsp_block_from_obj(args[1]);
    stage_t stage;
    pipeline_prepare_stage(self, &stage, run_block, args[1], args[2], args[3]);
    stage.as.block.block = block;
    const runic_tensor_t *const *tensors = (const runic_tensor_t *const *)stage.tensors;
    const char *error = dsp_block_matches(block, tensors, stage.input_count,
        tensors + stage.input_count, stage.output_count);
    if (error != NULL) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("%s"), error);
    }
    pipeline_add_stage(self, &stage);
    dsp_block_hold(args[1]);
    return mp_const_none;
}

static void run_output(pipeline_obj_t *self, stage_t *stage) {
    if (self->replay != NULL) {
        return;
    }
    runic_ring_t *ring = &stage->as.output.ring->ring;
    const runic_tensor_t *const *tensors = (const runic_tensor_t *const *)stage->tensors;
    uint8_t channel = stage->as.output.channel;
    runic_ring_begin(ring, channel, stage->as.output.kind);
    const char *error = stage->as.output.kind == KIND_SERIAL
        ? record_json(ring, channel, tensors, stage->input_count)
        : record_binary(ring, tensors, stage->input_count);
    if (error != NULL) {
        runic_ring_abandon(ring);
        pipeline_fail(self, error);
    }
    if (!ring->failed) {
        // One that is over the rate stays open: the next one begins in its place.
        rune_quota_charge(self->quota, stage->as.output.bucket,
            ring->open - RUNIC_RING_RECORD_BYTES, QUOTA_OUTPUT);
    }
    if (!runic_ring_commit(ring)) {
        pipeline_fail(self, "the output is larger than its ring");
    }
}

// add_output(kind, channel, ring, inputs[, rate])
mp_obj_t pipeline_add_output(size_t n_args, const mp_obj_t *args) {
    pipeline_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    mp_int_t kind = runic_integer(args[1]);
    mp_int_t channel = runic_integer(args[2]);
    rune_ring_obj_t *ring = rune_ring_from_obj(args[3]);
    if (kind != KIND_SERIAL && kind != KIND_TENSOR) {
        mp_raise_ValueError(MP_ERROR_TEXT("an output is SERIAL (1) or TENSOR (5)"));
    }
    if (channel < 0 || channel > UINT8_MAX) {
        mp_raise_ValueError(MP_ERROR_TEXT("channel out of range"));
    }
    quota_bucket_t *bucket = rune_quota_bucket(n_args > 5 ? args[5] : mp_const_none);
    stage_t stage;
    pipeline_prepare_stage(self, &stage, run_output, args[3], args[4], mp_const_empty_tuple);
    stage.as.output.ring = ring;
    stage.as.output.bucket = bucket;
    stage.as.output.kind = (uint8_t)kind;
    stage.as.output.channel = (uint8_t)channel;
    pipeline_add_stage(self, &stage);
    rune_ring_hold(args[3]);
    return mp_const_none;
}

void pipeline_pace(pipeline_obj_t *self, uint32_t period_ms) {
    for (uint32_t i = 0; i < self->stage_count; ++i) {
        const stage_t *stage = &self->stages[i];
        if (stage->run == run_capability && stage->as.capability.bucket != NULL) {
            quota_pace(stage->as.capability.bucket, period_ms);
        } else if (stage->run == run_output && stage->as.output.bucket != NULL) {
            quota_pace(stage->as.output.bucket, period_ms);
        }
    }
}

void pipeline_release_other(const stage_t *stage) {
    if (stage->run == run_block) {
        dsp_block_release(stage->owner);
    } else if (stage->run == run_output) {
        rune_ring_release(stage->owner);
    }
}

static void seal_tensor(const pipeline_tensor_t *entry) {
    if (entry->tensor.data == NULL && (entry->consumers != 0 || entry->produced)) {
        mp_raise_ValueError(MP_ERROR_TEXT("no model gives a tensor without an offset its memory"));
    }
    if (entry->is_model_input && entry->consumers > 1) {
        mp_raise_ValueError(MP_ERROR_TEXT("a tensor that is a model's input has another reader"));
    }
}

static void seal_capability(pipeline_obj_t *self, stage_t *stage) {
    if (stage->as.capability.source.stream == NULL) {
        stage->as.capability.view = pipeline_view_bytes(self, stage->tensors[0]);
    }
}

void pipeline_seal(pipeline_obj_t *self) {
    pipeline_check_open(self);
    for (uint32_t i = 0; i < self->tensor_count; ++i) {
        seal_tensor(&self->tensors[i]);
    }
    for (uint32_t i = 0; i < self->stage_count; ++i) {
        if (self->stages[i].run == run_capability) {
            seal_capability(self, &self->stages[i]);
        }
    }
    self->sealed = true;
}

void pipeline_reset(pipeline_obj_t *self) {
    for (uint32_t i = 0; i < self->stage_count; ++i) {
        if (self->stages[i].run == run_block) {
            dsp_block_reset(self->stages[i].as.block.block);
        } else {
            pipeline_reset_custom(&self->stages[i]);
        }
    }
}
