// Type rune.Saga: the counts of one Rune, as bytes.

#ifndef RUNE_SAGA_H
#define RUNE_SAGA_H

#include "py/obj.h"
#include "pipeline.h"
#include "saga.h"

typedef struct _rune_saga_obj_t {
    mp_obj_base_t base;
    saga_t *saga;
    uint32_t bytes;
    uint32_t input_stage; // the first model, whose input is looked at; UINT32_MAX: none
    uint32_t input_step;
    uint32_t result_stage; // the last model, whose result is; UINT32_MAX: none
    saga_scale_t scale;
} rune_saga_obj_t;

extern const mp_obj_type_t rune_saga_type;

MP_DECLARE_CONST_FUN_OBJ_0(rune_heap_obj);
MP_DECLARE_CONST_FUN_OBJ_1(rune_high_water_obj);

// The object, or NULL for None; raises TypeError for anything else.
rune_saga_obj_t *rune_saga_from_obj(mp_obj_t object);

// Looks at what a stage is about to read; golden vectors are the baseline.
void rune_saga_look(rune_saga_obj_t *self, const stage_t *stage, uint32_t index, bool is_golden);

// Counts what a stage has made of a golden vector: part of the baseline.
void rune_saga_count_golden(rune_saga_obj_t *self, const stage_t *stage, uint32_t index);

// Counts a stage that has run.
void rune_saga_count(rune_saga_obj_t *self, const stage_t *stage, uint32_t index,
    uint32_t elapsed_us);

#endif // RUNE_SAGA_H
