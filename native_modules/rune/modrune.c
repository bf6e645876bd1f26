// Module rune: a container's hot path, and the loop it is compared with.
//
//     ring = rune.Ring(512)
//     p = rune.Pipeline((("u32", (1, 4), 16, 0),), 16)
//     p.add_capability(rune.Random(1), 0)
//     p.add_output(1, 3, ring, (0,))
//     c = rune.Container(module, host, ("runic.run", ...))
//     c.pipeline = p
//     c.manifest()
//     c.call(1000)

#include <string.h>

#include "py/runtime.h"
#include "container.h"
#include "pipeline.h"
#include "rune_random.h"
#include "rune_saga.h"
#include "rune_times.h"
#include "runic_arguments.h"
#include "running.h"

#define DEFINE_ERROR(name, parent_type) \
    MP_DEFINE_CONST_OBJ_TYPE(rune_type_##name, MP_QSTR_##name, MP_TYPE_FLAG_NONE, \
    make_new, mp_obj_exception_make_new, print, mp_obj_exception_print, \
    attr, mp_obj_exception_attr, parent, &parent_type)

DEFINE_ERROR(Error, mp_type_Exception);
DEFINE_ERROR(StageError, rune_type_Error);
DEFINE_ERROR(GuestError, rune_type_Error);

// native_loop(pipeline, n): all stages, n times, without wasm and container.
static mp_obj_t rune_native_loop(mp_obj_t pipeline_in, mp_obj_t count_in) {
    if (!mp_obj_is_type(pipeline_in, &pipeline_type)) {
        mp_raise_TypeError(MP_ERROR_TEXT("a rune.Pipeline is wanted"));
    }
    pipeline_obj_t *pipeline = MP_OBJ_TO_PTR(pipeline_in);
    pipeline_run_here(pipeline, 0, pipeline->stage_count, runic_integer(count_in));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(rune_native_loop_obj, rune_native_loop);

// imports(): names of all host functions, as Container takes them.
static mp_obj_t rune_imports(void) {
    mp_obj_t list = mp_obj_new_list(0, NULL);
    const host_import_t *previous = NULL;
    for (const host_import_t *import = host_imports; import->module != NULL; ++import) {
        if (previous == NULL || strcmp(previous->field, import->field) != 0) {
            vstr_t name;
            vstr_init(&name, 40);
            vstr_printf(&name, "%s.%s", import->module, import->field);
            mp_obj_list_append(list, mp_obj_new_str_from_vstr(&name));
        }
        previous = import;
    }
    return list;
}
static MP_DEFINE_CONST_FUN_OBJ_0(rune_imports_obj, rune_imports);

static const mp_rom_map_elem_t rune_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_rune) },
    { MP_ROM_QSTR(MP_QSTR_Container), MP_ROM_PTR(&container_type) },
    { MP_ROM_QSTR(MP_QSTR_Pipeline), MP_ROM_PTR(&pipeline_type) },
    { MP_ROM_QSTR(MP_QSTR_Ring), MP_ROM_PTR(&rune_ring_type) },
    { MP_ROM_QSTR(MP_QSTR_Random), MP_ROM_PTR(&rune_random_type) },
    { MP_ROM_QSTR(MP_QSTR_Saga), MP_ROM_PTR(&rune_saga_type) },
    { MP_ROM_QSTR(MP_QSTR_Times), MP_ROM_PTR(&rune_times_type) },
    { MP_ROM_QSTR(MP_QSTR_heap), MP_ROM_PTR(&rune_heap_obj) },
    { MP_ROM_QSTR(MP_QSTR_high_water), MP_ROM_PTR(&rune_high_water_obj) },
    { MP_ROM_QSTR(MP_QSTR_Error), MP_ROM_PTR(&rune_type_Error) },
    { MP_ROM_QSTR(MP_QSTR_StageError), MP_ROM_PTR(&rune_type_StageError) },
    { MP_ROM_QSTR(MP_QSTR_GuestError), MP_ROM_PTR(&rune_type_GuestError) },
    { MP_ROM_QSTR(MP_QSTR_native_loop), MP_ROM_PTR(&rune_native_loop_obj) },
    { MP_ROM_QSTR(MP_QSTR_imports), MP_ROM_PTR(&rune_imports_obj) },
    { MP_ROM_QSTR(MP_QSTR_watch), MP_ROM_PTR(&rune_watch_obj) },
    { MP_ROM_QSTR(MP_QSTR_hungry), MP_ROM_PTR(&rune_hungry_obj) },
    { MP_ROM_QSTR(MP_QSTR_feed), MP_ROM_PTR(&rune_feed_obj) },
    { MP_ROM_QSTR(MP_QSTR_hold), MP_ROM_PTR(&rune_hold_obj) },
    { MP_ROM_QSTR(MP_QSTR_running), MP_ROM_PTR(&rune_running_obj) },
    { MP_ROM_QSTR(MP_QSTR_tag), MP_ROM_PTR(&rune_tag_obj) },
};
static MP_DEFINE_CONST_DICT(rune_globals, rune_globals_table);

const mp_obj_module_t rune_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&rune_globals,
};

MP_REGISTER_MODULE(MP_QSTR_rune, rune_module);
