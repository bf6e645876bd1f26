// Host functions that a Rune calls every time it runs: no allocation, nothing looked up anew.

#include <string.h>

#include "py/runtime.h"
#include "container.h"
#include "modnn.h"
#include "runic_bytes.h"
#include "wasm3_meter_hot.h"

// runic.run(first, count) -> 0
const void *host_run(IM3Runtime runtime, IM3ImportContext context, uint64_t *stack, void *memory) {
    const binding_t *binding = context->userdata;
    pipeline_obj_t *pipeline = binding->container->pipeline;
    (void)runtime;
    (void)memory;
    if (pipeline == NULL) {
        mp_raise_msg(&rune_type_GuestError, MP_ERROR_TEXT("run: the container has no pipeline"));
    }
    pipeline->guest = binding->container->module;
    pipeline->quota = binding->container->quota;
    pipeline_run(pipeline, (uint32_t)stack[1], (uint32_t)stack[2]);
    wasm3_meter_check_soon(binding->container->module->runtime);
    *(uint32_t *)stack = 0;
    return m3Err_none;
}

// env.request_provider_response(buffer, length, capability) -> length
uint32_t host_request_provider_response(const guest_call_t *call) {
    uint32_t pointer = guest_argument(call, 0);
    uint32_t length = guest_argument(call, 1);
    const handle_t *handle = guest_handle(call, &call->binding->container->capabilities, guest_argument(call, 2));
    uint8_t *data = guest_bytes(call, pointer, length);
    wasm3_runtime_obj_t *runtime = call->binding->container->module->runtime;
    rune_quota_charge(call->binding->container->quota, handle->bucket, 1, QUOTA_READS);
    if (handle->source.stream == NULL) {
        guest_set_view(call, handle->view, pointer, length);
    }
    // A stream may run Python to get its bytes, and must find data where it is afterwards.
    runtime->pinned = handle->source.stream != NULL;
    uint32_t given = source_read(&handle->source, data, length, handle->view);
    runtime->pinned = false;
    if (given != length) {
        guest_fail(call, "the capability gave fewer bytes than the buffer has");
    }
    return length;
}

static uint8_t *tensor_bytes(const guest_call_t *call, const uint8_t *pointers, uint32_t index,
    uint32_t length) {
    return guest_bytes(call, runic_load_u32(pointers + 4 * index), length);
}

// env.rune_model_infer(model, inputs, outputs) -> 0; inputs and outputs point at
// arrays of pointers, whose lengths the model knows. The model's arena may be a
// view of this very memory.
uint32_t host_rune_model_infer(const guest_call_t *call) {
    const handle_t *handle = guest_handle(call, &call->binding->container->models, guest_argument(call, 0));
    const nn_model_t *model = handle->model;
    uint32_t input_count = nn_model_input_count(model);
    uint32_t output_count = nn_model_output_count(model);
    const uint8_t *inputs = guest_bytes(call, guest_argument(call, 1), 4 * input_count);
    const uint8_t *outputs = guest_bytes(call, guest_argument(call, 2), 4 * output_count);
    for (uint32_t i = 0; i < input_count; ++i) {
        const nn_tensor_t *tensor = nn_model_input(model, i);
        memmove(tensor->data, tensor_bytes(call, inputs, i, tensor->bytes), tensor->bytes);
    }
    nn_invoke(model);
    for (uint32_t i = 0; i < output_count; ++i) {
        const nn_tensor_t *tensor = nn_model_output(model, i);
        memmove(tensor_bytes(call, outputs, i, tensor->bytes), tensor->data, tensor->bytes);
    }
    return 0;
}

// env.consume_output(output, buffer, length) -> length
uint32_t host_consume_output(const guest_call_t *call) {
    uint32_t length = guest_argument(call, 2);
    const handle_t *handle = guest_handle(call, &call->binding->container->outputs, guest_argument(call, 0));
    const uint8_t *data = guest_bytes(call, guest_argument(call, 1), length);
    runic_ring_t *ring = &handle->ring->ring;
    rune_quota_charge(call->binding->container->quota, handle->bucket, length, QUOTA_OUTPUT);
    runic_ring_begin(ring, (uint8_t)handle->id, handle->kind);
    runic_ring_append(ring, data, length);
    if (!runic_ring_commit(ring)) {
        guest_fail(call, "the output is larger than its ring");
    }
    return length;
}
