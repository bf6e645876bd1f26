// Closing a rune.Pipeline: its memory is free at once, whoever still holds the object.

#include "py/runtime.h"
#include "pipeline.h"
#include "runic_heap.h"

void pipeline_check_open(const pipeline_obj_t *self) {
    if (self->closed) {
        mp_raise_ValueError(MP_ERROR_TEXT("the Pipeline is closed"));
    }
}

static bool is_running(const pipeline_obj_t *self) {
    return self->runs != 0 || (self->guest != NULL && self->guest->runtime->calls_running != 0);
}

static void release_stages(const pipeline_obj_t *self) {
    for (uint32_t i = 0; i < self->stage_count; ++i) {
        pipeline_release_model(&self->stages[i]);
        pipeline_release_custom(&self->stages[i]);
        pipeline_release_other(&self->stages[i]);
    }
}

static void free_arena(pipeline_obj_t *self) {
    uint8_t *arena = self->arena;
    self->arena = NULL;
    if (self->viewed) {
        runic_heap_free_viewed(arena, self->arena_bytes);
    } else {
        runic_heap_free(arena, self->arena_bytes);
    }
}

// The ticks are left to the collector: there may be views of them.
mp_obj_t pipeline_close(mp_obj_t self_in) {
    pipeline_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (is_running(self)) {
        mp_raise_ValueError(MP_ERROR_TEXT("the Pipeline runs"));
    }
    if (self->closed) {
        return mp_const_none;
    }
    release_stages(self);
    runic_heap_free(self->stages, self->stage_count * sizeof(stage_t));
    runic_heap_free(self->tensors, self->tensor_count * sizeof(pipeline_tensor_t));
    self->stages = NULL;
    self->tensors = NULL;
    self->ticks = NULL;
    free_arena(self);
    self->replay = NULL;
    self->saga = NULL;
    self->stage_count = self->tensor_count = self->capability_count = 0;
    self->sealed = false;
    self->closed = true;
    return mp_const_none;
}
