// Running a pipeline's stages, and counting what a sample of the runs took.

#include "py/mphal.h"
#include "py/runtime.h"
#include "pipeline.h"
#include "rune_saga.h"

static void count_time(stage_ticks_t *ticks, uint32_t elapsed_us) {
    ++ticks->calls;
    ticks->total_us += elapsed_us;
    ticks->last_us = elapsed_us;
    if (elapsed_us > ticks->max_us) {
        ticks->max_us = elapsed_us;
    }
}

// Returns the microseconds of all these stages together.
static uint32_t run_timed(pipeline_obj_t *self, uint32_t first, uint32_t end) {
    rune_saga_obj_t *saga = self->saga;
    uint32_t begin_us = (uint32_t)mp_hal_ticks_us();
    uint32_t before_us = begin_us;
    self->began_us = begin_us;
    for (uint32_t index = first; index < end; ++index) {
        self->running = index;
        if (saga != NULL) {
            rune_saga_look(saga, &self->stages[index], index, false);
        }
        self->stages[index].run(self, &self->stages[index]);
        uint32_t after_us = (uint32_t)mp_hal_ticks_us();
        count_time(&self->ticks[index], after_us - before_us);
        if (saga != NULL) {
            rune_saga_count(saga, &self->stages[index], index, after_us - before_us);
        }
        before_us = after_us;
    }
    if (saga != NULL) {
        saga_count_call(saga->saga, before_us - begin_us);
    }
    return before_us - begin_us;
}

static void run_untimed(pipeline_obj_t *self, uint32_t first, uint32_t end) {
    for (uint32_t index = first; index < end; ++index) {
        self->running = index;
        self->stages[index].run(self, &self->stages[index]);
    }
}

// Golden vectors count in nothing but the baseline.
static void run_golden(pipeline_obj_t *self, uint32_t first, uint32_t end) {
    for (uint32_t index = first; index < end; ++index) {
        self->running = index;
        if (self->saga != NULL) {
            rune_saga_look(self->saga, &self->stages[index], index, true);
        }
        self->stages[index].run(self, &self->stages[index]);
        if (self->saga != NULL) {
            rune_saga_count_golden(self->saga, &self->stages[index], index);
        }
    }
}

void pipeline_run(pipeline_obj_t *self, uint32_t first, uint32_t count) {
    if (first > self->stage_count || count > self->stage_count - first) {
        mp_raise_ValueError(MP_ERROR_TEXT("no stages of that range"));
    }
    if (!self->sealed) {
        pipeline_seal(self);
    }
    if (self->untimed_left > 0) {
        --self->untimed_left;
        run_untimed(self, first, first + count);
    } else if (self->replay != NULL) {
        run_golden(self, first, first + count);
    } else if (!self->timing) {
        run_untimed(self, first, first + count);
    } else {
        // Reading the clock would be a large part of a short run: then a sample must do.
        bool is_short = run_timed(self, first, first + count) < SHORT_RUN_US;
        self->untimed_left = is_short ? UNTIMED_RUNS : 0;
    }
}

void pipeline_run_here(pipeline_obj_t *self, uint32_t first, uint32_t count, mp_int_t times) {
    nlr_buf_t nlr;
    pipeline_check_open(self);
    // No Rune runs now, whose rates would count.
    quota_t *quota = self->quota;
    ++self->runs;
    self->quota = NULL;
    if (nlr_push(&nlr) != 0) {
        self->quota = quota;
        --self->runs;
        nlr_jump(nlr.ret_val);
    }
    for (; times > 0; --times) {
        pipeline_run(self, first, count);
    }
    nlr_pop();
    self->quota = quota;
    --self->runs;
}
