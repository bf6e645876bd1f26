// Host functions that _manifest calls, answered by the container's host object; the table of all.

#include <string.h>

#include "py/runtime.h"
#include "container.h"
#include "runic_bytes.h"
#include "runic_utf8.h"

#define LOG_BYTES_MAX (1024)
#define NAME_BYTES_MAX (256)
#define MODEL_TENSORS_MAX (32)

static uint32_t to_u32(mp_obj_t answer) {
    return answer == mp_const_none ? 0 : (uint32_t)mp_obj_get_int_truncated(answer);
}

static uint32_t ask(const guest_call_t *call, qstr method, size_t count, const mp_obj_t *args) {
    mp_obj_t prepared[2 + 4];
    mp_load_method(call->binding->container->host, method, prepared);
    memcpy(prepared + 2, args, count * sizeof(mp_obj_t));
    return to_u32(mp_call_method_n_kw(count, 0, prepared));
}

static mp_obj_t argument_object(const guest_call_t *call, uint32_t index) {
    return mp_obj_new_int_from_uint(guest_argument(call, index));
}

// Text that the guest points at with argument index and the next one.
static mp_obj_t text_at(const guest_call_t *call, uint32_t pointer, uint32_t length) {
    const uint8_t *text = guest_bytes(call, pointer, length);
    if (length > NAME_BYTES_MAX) {
        guest_fail(call, "a name is too long");
    }
    if (!runic_utf8_is_valid(text, length)) {
        guest_fail(call, "a name is not UTF-8");
    }
    return mp_obj_new_str((const char *)text, length);
}

static mp_obj_t argument_text(const guest_call_t *call, uint32_t index) {
    return text_at(call, guest_argument(call, index), guest_argument(call, index + 1));
}

// env._debug(text, length) -> 0; only the first bytes of a long message are passed on. What is over
// the rate is dropped and counted: a Rune that talks too much is no danger.
static uint32_t host_debug(const guest_call_t *call) {
    uint32_t length = guest_argument(call, 1);
    const uint8_t *text = guest_bytes(call, guest_argument(call, 0), length);
    length = length < LOG_BYTES_MAX ? length : LOG_BYTES_MAX;
    quota_t *quota = call->binding->container->quota;
    if (!quota_charge(quota, &quota->log, length)
        && !rune_quota_refilled(quota, &quota->log, length, QUOTA_LOG)) {
        return 0;
    }
    mp_obj_t message = mp_obj_new_bytes(text, length);
    ask(call, MP_QSTR_debug, 1, &message);
    return 0;
}

// env.request_capability(kind) -> id
static uint32_t host_request_capability(const guest_call_t *call) {
    mp_obj_t kind = argument_object(call, 0);
    return ask(call, MP_QSTR_request_capability, 1, &kind);
}

// env.request_capability_set_param(id, key, key_length, value, value_length, type) -> 0
static uint32_t host_set_param(const guest_call_t *call) {
    uint32_t length = guest_argument(call, 4);
    const uint8_t *value = guest_bytes(call, guest_argument(call, 3), length);
    if (length > NAME_BYTES_MAX) {
        guest_fail(call, "a value is too long");
    }
    mp_obj_t args[] = {
        argument_object(call, 0), argument_text(call, 1), mp_obj_new_bytes(value, length),
        argument_object(call, 5),
    };
    return ask(call, MP_QSTR_set_param, MP_ARRAY_SIZE(args), args);
}

// env.request_output(kind) -> id
static uint32_t host_request_output(const guest_call_t *call) {
    mp_obj_t kind = argument_object(call, 0);
    return ask(call, MP_QSTR_request_output, 1, &kind);
}

// A tuple of the shape texts at pointer: an array of {u32 pointer, u32 length}.
static mp_obj_t shape_texts(const guest_call_t *call, uint32_t pointer, uint32_t count) {
    if (count > MODEL_TENSORS_MAX) {
        guest_fail(call, "a model has at most 32 tensors a side");
    }
    const uint8_t *rows = guest_bytes(call, pointer, 8 * count);
    mp_obj_t texts[MODEL_TENSORS_MAX];
    for (uint32_t i = 0; i < count; ++i) {
        texts[i] = text_at(call, runic_load_u32(rows + 8 * i), runic_load_u32(rows + 8 * i + 4));
    }
    return mp_obj_new_tuple(count, texts);
}

// env.rune_model_load(mime, length, model, length, input shapes, count, output shapes, count) -> id
static uint32_t host_rune_model_load(const guest_call_t *call) {
    mp_obj_t args[] = {
        argument_text(call, 0), guest_view(call, guest_argument(call, 2), guest_argument(call, 3)),
        shape_texts(call, guest_argument(call, 4), guest_argument(call, 5)),
        shape_texts(call, guest_argument(call, 6), guest_argument(call, 7)),
    };
    return ask(call, MP_QSTR_model_load, MP_ARRAY_SIZE(args), args);
}

// env.rune_resource_open(name, length) -> id
static uint32_t host_rune_resource_open(const guest_call_t *call) {
    mp_obj_t name = argument_text(call, 0);
    return ask(call, MP_QSTR_resource_open, 1, &name);
}

// env.rune_resource_read(id, buffer, length) -> bytes read, 0 at the end
static uint32_t host_rune_resource_read(const guest_call_t *call) {
    uint32_t length = guest_argument(call, 2);
    mp_obj_t args[] = {
        argument_object(call, 0), guest_view(call, guest_argument(call, 1), length),
    };
    uint32_t given = ask(call, MP_QSTR_resource_read, MP_ARRAY_SIZE(args), args);
    if (given > length) {
        guest_fail(call, "no resource is open under that id");
    }
    return given;
}

// env.rune_resource_close(id) -> 0
static uint32_t host_rune_resource_close(const guest_call_t *call) {
    mp_obj_t id = argument_object(call, 0);
    return ask(call, MP_QSTR_resource_close, 1, &id);
}

// The oldest Runes import these; no toolchain since 0.11 serves them.
static uint32_t host_removed(const guest_call_t *call) {
    guest_fail(call, "this feature has been removed");
}

// runic.model_open(index) -> id
static uint32_t host_model_open(const guest_call_t *call) {
    mp_obj_t index = argument_object(call, 0);
    return ask(call, MP_QSTR_model_open, 1, &index);
}

const host_import_t host_imports[] = {
    { "runic", "run", "i(ii)", NULL, host_run },
    { "runic", "model_open", "i(i)", host_model_open, NULL },
    { "env", "_debug", "i(ii)", host_debug, NULL },
    { "env", "request_capability", "i(i)", host_request_capability, NULL },
    { "env", "request_capability_set_param", "i(iiiiii)", host_set_param, NULL },
    { "env", "request_provider_response", "i(iii)", host_request_provider_response, NULL },
    { "env", "request_output", "i(i)", host_request_output, NULL },
    { "env", "consume_output", "i(iii)", host_consume_output, NULL },
    { "env", "rune_model_load", "i(iiiiiiii)", host_rune_model_load, NULL },
    { "env", "rune_model_infer", "i(iii)", host_rune_model_infer, NULL },
    { "env", "rune_resource_open", "i(ii)", host_rune_resource_open, NULL },
    { "env", "rune_resource_read", "i(iii)", host_rune_resource_read, NULL },
    { "env", "rune_resource_close", "i(i)", host_rune_resource_close, NULL },
    { "env", "rune_resource_close", "v(i)", host_rune_resource_close, NULL },
    { "env", "tfm_preload_model", "i(iiii)", host_removed, NULL },
    { "env", "tfm_model_invoke", "i(iiiii)", host_removed, NULL },
    { NULL, NULL, NULL, NULL, NULL },
};
