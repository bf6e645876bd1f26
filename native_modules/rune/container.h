// A Rune's wasm module between its host functions and its pipeline.
//
// Rules: a host function may raise; the exception comes out of the call. Guest
// pointers and lengths are used only through guest_bytes.

#ifndef CONTAINER_H
#define CONTAINER_H

#include "py/obj.h"
#include "modwasm3.h"
#include "pipeline.h"
#include "rune_ring.h"

struct _nn_model_t;
struct _container_obj_t;

struct _binding_t;

// One call from the guest: its arguments and its memory.
typedef struct _guest_call_t {
    const struct _binding_t *binding;
    const uint64_t *arguments;
    uint8_t *memory;
    uint32_t memory_bytes;
} guest_call_t;

typedef uint32_t (*host_function_t)(const guest_call_t *call);

typedef struct _host_import_t {
    const char *module;
    const char *field;
    const char *signature;
    host_function_t function;
    M3RawCall raw; // instead of function, for what must be quickest
} host_import_t;

// What a linked import carries: which function, for which container.
typedef struct _binding_t {
    struct _container_obj_t *container;
    const host_import_t *import;
    host_function_t function; // the import's
    bool has_result;
} binding_t;

// What original Runes reach through the ids that the host gave out.
typedef struct _handle_t {
    uint32_t id;
    mp_obj_t owner;
    source_t source; // capability
    mp_obj_t view; // capability: of the buffer to fill, for drivers in Python
    struct _nn_model_t *model;
    rune_ring_obj_t *ring; // output
    quota_bucket_t *bucket; // capability or output: its rate, or NULL
    uint8_t kind; // output
} handle_t;

typedef struct _handles_t {
    handle_t *items;
    uint32_t count;
} handles_t;

typedef struct _container_obj_t {
    mp_obj_base_t base;
    wasm3_module_obj_t *module;
    mp_obj_t host; // answers the calls that _manifest makes
    pipeline_obj_t *pipeline; // or NULL
    binding_t *bindings;
    IM3Function manifest;
    IM3Function call;
    quota_t *quota; // by itself: the pipeline points there, too
    struct _rune_saga_obj_t *saga; // of a Rune without a pipeline: its calls' times, or NULL
    struct _rune_times_obj_t *times; // what its calls are counted in, or NULL
    uint32_t tag; // of the Rune's name: runic_running.h
    uint8_t untimed_left; // calls until the next that is timed
    bool closed;
    handles_t capabilities;
    handles_t models;
    handles_t outputs;
} container_obj_t;

extern const mp_obj_type_t container_type;
extern const mp_obj_type_t rune_type_GuestError;

// An open container, or ValueError.
container_obj_t *container_open(mp_obj_t object);

// call(n=1, requested=True), container_call.c.
MP_DECLARE_CONST_FUN_OBJ_VAR_BETWEEN(container_call_obj);

// Every function that a Rune may import, ended by a row of NULLs.
extern const host_import_t host_imports[];

static inline uint32_t guest_argument(const guest_call_t *call, uint32_t index) {
    return (uint32_t)call->arguments[index];
}

// Bytes pointer .. pointer + length - 1 of the guest's memory; raises GuestError.
uint8_t *guest_bytes(const guest_call_t *call, uint32_t pointer, uint32_t length);

// A new memoryview of the same, which keeps the memory alive.
mp_obj_t guest_view(const guest_call_t *call, uint32_t pointer, uint32_t length);

// Points a memoryview there.
void guest_set_view(const guest_call_t *call, mp_obj_t view, uint32_t pointer, uint32_t length);

// Raises GuestError("<function>: <text>").
void guest_fail(const guest_call_t *call, const char *text) __attribute__((noreturn));

// The handle of that id, or GuestError.
handle_t *guest_handle(const guest_call_t *call, const handles_t *handles, uint32_t id);

// The hot calls, host_hot.c.
const void *host_run(IM3Runtime runtime, IM3ImportContext context, uint64_t *stack, void *memory);
uint32_t host_request_provider_response(const guest_call_t *call);
uint32_t host_rune_model_infer(const guest_call_t *call);
uint32_t host_consume_output(const guest_call_t *call);

#endif // CONTAINER_H
