// Ops that run strip by strip: which may, what they keep, and how they run.

#include <string.h>

#include "nn_op_families.h"
#include "nn_share.h"
#include "nn_stored_plan.h"
#include "nn_strips.h"

#define NAME "RunicStrips"
#define WORD_BYTES (4)
#define WORDS (4)
#define VERSION (1)
// Bounds on what planning costs, however the file was crafted.
#define LEAST_OPS (2)
#define MOST_OPS (32)
#define MOST_STRIPS (1024)
#define MOST_ROWS (UINT16_MAX)
#define MOST_IMAGES (2)
#define LEAST_TARGET (-(1 << 17))
#define SOURCE (UINT16_MAX) // in place of an op: the tensor that comes in

// An op of the strips. Rows are counted in the whole image.
typedef struct _strip_op_t {
    int32_t target; // the output's rows up to there are to be made; below 0 before the first one is
    uint16_t made; // those up to there are
    uint16_t kept; // the first row that is still there
    uint16_t room; // how many rows the output has room for
    uint16_t reach, stride, before; // of the windows over the input's rows
    uint16_t from[MOST_IMAGES]; // which of these ops made the inputs
} strip_op_t;

struct _nn_strips_t {
    uint16_t first, count, rows, early;
    strip_op_t ops[];
};

// --- the metadata

typedef struct _spec_t {
    uint32_t first, end, rows;
} spec_t;

static bool read_spec(nn_model_t *model, spec_t *spec) {
    nn_flatbuffer_t file = model->file; // its own, so that what is broken spoils the strips only
    nn_vector_t data = nn_find_metadata(model, &file, NAME, sizeof(NAME) - 1);
    if (file.broken || data.count != WORDS * WORD_BYTES
        || nn_read_u32(&file, data.at) != VERSION) {
        return false;
    }
    spec->first = nn_read_u32(&file, data.at + WORD_BYTES);
    spec->end = nn_read_u32(&file, data.at + 2 * WORD_BYTES);
    spec->rows = nn_read_u32(&file, data.at + 3 * WORD_BYTES);
    return spec->end <= model->op_list.count && spec->first < spec->end
           && spec->end - spec->first >= LEAST_OPS && spec->end - spec->first <= MOST_OPS
           && spec->rows >= 1 && spec->rows <= MOST_ROWS;
}

uint32_t nn_strips_bytes(nn_model_t *model) {
    spec_t spec;
    return read_spec(model, &spec) ? (uint32_t)(sizeof(nn_strips_t)
        + (spec.end - spec.first) * sizeof(strip_op_t)) : 0;
}

// --- which ops may

static nn_op_t *op_at(const nn_model_t *model, uint32_t place) {
    return &model->ops[model->strips->first + place];
}

static bool is_image(const nn_tensor_t *tensor) {
    return tensor != NULL && tensor->rank == 4 && tensor->dims[0] == 1 && tensor->dims[1] >= 1
           && tensor->dims[1] <= MOST_ROWS
           && (tensor->type == NN_INT8 || tensor->type == NN_FLOAT32)
           && (tensor->flags & (NN_TENSOR_CONSTANT | NN_TENSOR_VARIABLE)) == 0;
}

static uint32_t image_count(const nn_op_t *op) {
    return op->kernel->code == NN_ADD ? 2 : 1;
}

// All inputs but images are constant.
static bool reads_well(const nn_op_t *op, uint32_t images) {
    for (uint32_t i = 0; i < op->input_count; ++i) {
        const nn_tensor_t *input = op->inputs[i];
        bool is_right = i < images ? is_image(input) && input->type == op->outputs[0]->type
            : input == NULL || (input->flags & NN_TENSOR_CONSTANT) != 0;
        if (!is_right) {
            return false;
        }
    }
    return op->input_count >= images;
}

static bool settle_window(nn_model_t *model, uint32_t place) {
    strip_op_t *strip = &model->strips->ops[place];
    nn_op_t *op = op_at(model, place);
    if (op->kernel->code == NN_ADD) {
        strip->reach = strip->stride = 1;
        return nn_same_shape(op->inputs[0], op->outputs[0])
               && nn_same_shape(op->inputs[1], op->outputs[0]);
    }
    nn_window_t window;
    int32_t before;
    if (!nn_share_window(model, model->strips->first + place, &window, &before)) {
        return false;
    }
    int64_t reach = ((int64_t)window.filter - 1) * window.dilation + 1;
    strip->reach = (uint16_t)reach;
    strip->stride = (uint16_t)window.stride;
    strip->before = (uint16_t)before;
    return reach <= MOST_ROWS && window.stride <= MOST_ROWS && before <= MOST_ROWS;
}

static bool find_makers(const nn_model_t *model, uint32_t place) {
    strip_op_t *strip = &model->strips->ops[place];
    const nn_op_t *op = op_at(model, place);
    for (uint32_t i = 0; i < MOST_IMAGES; ++i) {
        uint32_t maker = 0;
        const nn_tensor_t *image = op->inputs[i < image_count(op) ? i : 0];
        while (maker < place && op_at(model, maker)->outputs[0] != image) {
            ++maker;
        }
        if (maker == place && image != op_at(model, 0)->inputs[0]) {
            return false;
        }
        strip->from[i] = maker == place ? SOURCE : (uint16_t)maker;
    }
    return true;
}

// Of all but the last op, only these ops read the output.
static bool stays_inside(const nn_model_t *model, uint32_t place) {
    const nn_strips_t *strips = model->strips;
    const nn_tensor_t *output = op_at(model, place)->outputs[0];
    return place == strips->count - 1u
           || (output->last_step > output->first_step
               && output->last_step <= strips->first + strips->count);
}

static bool settle_op(nn_model_t *model, uint32_t place) {
    const nn_op_t *op = op_at(model, place);
    return op->output_count == 1 && is_image(op->outputs[0]) && reads_well(op, image_count(op))
           && settle_window(model, place) && find_makers(model, place)
           && stays_inside(model, place);
}

// --- what rows are made, and kept

// The input's rows that windows over the output's rows first to end see, but for padding.
typedef struct _span_t {
    int32_t first, end;
} span_t;

static span_t span_of(const nn_op_t *op, const strip_op_t *strip, int32_t first, int32_t end) {
    int32_t height = op->inputs[0]->dims[1];
    span_t span = {
        first * strip->stride - strip->before,
        (end - 1) * strip->stride - strip->before + strip->reach,
    };
    span.first = span.first < 0 ? 0 : span.first;
    span.end = span.end > height ? height : span.end;
    return span;
}

static void raise_target(nn_strips_t *strips, uint32_t place, int32_t row) {
    if (place != SOURCE && row > strips->ops[place].target) {
        strips->ops[place].target = row;
    }
}

// What each op must have made before the last one can make its rows up to `row`. That may be below
// 0: then ops before it begin already, so that none has to make more rows in the first strip than
// in others. Returns the most that any op has to have made.
static int32_t aim(const nn_model_t *model, int32_t row) {
    nn_strips_t *strips = model->strips;
    int32_t most = 0;
    for (uint32_t place = 0; place < strips->count; ++place) {
        strips->ops[place].target = LEAST_TARGET;
    }
    raise_target(strips, strips->count - 1u, row);
    for (uint32_t place = strips->count; place-- > 0;) {
        const strip_op_t *strip = &strips->ops[place];
        int64_t end = ((int64_t)strip->target - 1) * strip->stride - strip->before + strip->reach;
        int32_t height = op_at(model, place)->inputs[0]->dims[1];
        int32_t read = end > height ? height : end < LEAST_TARGET ? LEAST_TARGET : (int32_t)end;
        raise_target(strips, strip->from[0], read);
        raise_target(strips, strip->from[1], read);
        most = strip->target > most ? strip->target : most;
    }
    return most;
}

// The first row of an op's output that is still to be read, of those that are made.
static uint16_t first_needed(const nn_model_t *model, uint32_t place) {
    const nn_strips_t *strips = model->strips;
    int32_t needed = strips->ops[place].made;
    for (uint32_t i = place + 1; i < strips->count; ++i) {
        const strip_op_t *reader = &strips->ops[i];
        if (reader->from[0] == place || reader->from[1] == place) {
            span_t span = span_of(op_at(model, i), reader, reader->made, reader->made + 1);
            needed = span.first < needed ? span.first : needed;
        }
    }
    return (uint16_t)needed;
}

static bool is_result(const nn_strips_t *strips, uint32_t place) {
    return place == strips->count - 1u;
}

static int32_t height_of_result(const nn_model_t *model) {
    return op_at(model, model->strips->count - 1u)->outputs[0]->dims[1];
}

static void begin(nn_strips_t *strips) {
    for (uint32_t place = 0; place < strips->count; ++place) {
        strips->ops[place].made = strips->ops[place].kept = 0;
    }
}

// How many strips go before the first that makes rows of the result.
static void find_early(const nn_model_t *model) {
    nn_strips_t *strips = model->strips;
    while (strips->early < MOST_STRIPS && aim(model, -strips->early * strips->rows) > 0) {
        ++strips->early;
    }
}

// Goes on by a strip; `strip` counts from 0. False when all is made.
static bool go_on(const nn_model_t *model, int32_t strip) {
    const nn_strips_t *strips = model->strips;
    int32_t height = height_of_result(model);
    int64_t row = ((int64_t)strip + 1 - strips->early) * strips->rows;
    if (row - strips->rows >= height) {
        return false;
    }
    aim(model, row < height ? (int32_t)row : height);
    return true;
}

// Goes through all strips without running anything.
static void find_rooms(const nn_model_t *model) {
    nn_strips_t *strips = model->strips;
    begin(strips);
    for (int32_t number = 0; go_on(model, number); ++number) {
        for (uint32_t place = 0; place < strips->count; ++place) {
            strip_op_t *strip = &strips->ops[place];
            if (strip->target > strip->made) {
                int32_t room = strip->target - first_needed(model, place);
                strip->room = room > strip->room ? (uint16_t)room : strip->room;
                strip->made = (uint16_t)strip->target;
            }
        }
    }
}

void nn_live_through_strips(nn_model_t *model) {
    nn_strips_t *strips = model->strips;
    if (strips == NULL) {
        return;
    }
    uint16_t first_step = strips->first + 1, last_step = strips->first + strips->count;
    nn_tensor_t *source = op_at(model, 0)->inputs[0];
    source->last_step = source->last_step > last_step ? source->last_step : last_step;
    for (uint32_t place = 0; place < strips->count; ++place) {
        nn_tensor_t *output = op_at(model, place)->outputs[0];
        output->first_step = first_step;
        if (!is_result(strips, place)) {
            output->last_step = last_step;
        }
    }
}

static void make_room(nn_model_t *model) {
    for (uint32_t place = 0; !is_result(model->strips, place); ++place) {
        nn_tensor_t *output = op_at(model, place)->outputs[0];
        uint32_t row_bytes = output->bytes / (uint32_t)output->dims[1];
        output->bytes = row_bytes * model->strips->ops[place].room;
    }
}

void nn_plan_strips(nn_model_t *model, void *memory) {
    spec_t spec;
    if (!read_spec(model, &spec)) {
        return;
    }
    nn_strips_t *strips = model->strips = memory;
    strips->first = (uint16_t)spec.first;
    strips->count = (uint16_t)(spec.end - spec.first);
    strips->rows = (uint16_t)spec.rows;
    strips->early = 0;
    bool is_right = true;
    for (uint32_t place = 0; place < strips->count && is_right; ++place) {
        is_right = settle_op(model, place);
    }
    if (!is_right || height_of_result(model) > (int64_t)MOST_STRIPS * strips->rows) {
        model->strips = NULL;
        return;
    }
    find_early(model);
    find_rooms(model);
    make_room(model);
}

// --- running

bool nn_strips_begin(const nn_model_t *model, uint32_t index) {
    return model->strips != NULL && model->strips->first == index;
}

static uint32_t row_bytes(const nn_strips_t *strips, uint32_t maker, const nn_tensor_t *tensor) {
    bool is_whole = maker == SOURCE || is_result(strips, maker);
    return tensor->bytes / (is_whole ? (uint32_t)tensor->dims[1] : strips->ops[maker].room);
}

// Moves the rows that are read again to the front, where those to come follow them.
static void keep_rows(const nn_model_t *model, uint32_t place) {
    strip_op_t *strip = &model->strips->ops[place];
    if (is_result(model->strips, place)) {
        return;
    }
    const nn_tensor_t *output = op_at(model, place)->outputs[0];
    uint32_t bytes = row_bytes(model->strips, place, output);
    uint16_t needed = first_needed(model, place);
    memmove(output->data, output->data + (needed - strip->kept) * bytes,
        (strip->made - needed) * bytes);
    strip->kept = needed;
}

static void set_rows(nn_op_t *op, const nn_strip_rows_t *rows) {
    switch (op->kernel->code) {
        case NN_ADD:
            nn_set_add_rows(op, rows);
            break;
        case NN_CONV_2D:
        case NN_DEPTHWISE_CONV_2D:
            nn_set_conv_rows(op, rows);
            break;
        default:
            nn_set_pool_rows(op, rows);
            break;
    }
}

// Runs one op with its tensors' data pointing to the rows at hand.
static void run_rows(const nn_model_t *model, uint32_t place,
    void (*run)(nn_op_t *op, void *context), void *context) {
    const nn_strips_t *strips = model->strips;
    const strip_op_t *strip = &strips->ops[place];
    nn_op_t *op = op_at(model, place);
    span_t span = span_of(op, strip, strip->made, strip->target);
    int32_t before = strip->before - strip->made * strip->stride;
    nn_strip_rows_t rows = {
        .input = span.end - span.first, .output = strip->target - strip->made,
        .before = before > 0 ? before : 0,
    };
    set_rows(op, &rows);
    nn_tensor_t *output = op->outputs[0];
    uint8_t *whole[MOST_IMAGES], *made = output->data;
    uint32_t images = image_count(op);
    for (uint32_t i = 0; i < images; ++i) {
        whole[i] = op->inputs[i]->data;
    }
    for (uint32_t i = 0; i < images; ++i) {
        uint32_t maker = strip->from[i];
        uint32_t skipped = (uint32_t)span.first - (maker == SOURCE ? 0 : strips->ops[maker].kept);
        op->inputs[i]->data = whole[i] + skipped * row_bytes(strips, maker, op->inputs[i]);
    }
    output->data = made + (strip->made - strip->kept) * row_bytes(strips, place, output);
    run(op, context);
    output->data = made;
    for (uint32_t i = 0; i < images; ++i) {
        op->inputs[i]->data = whole[i];
    }
}

uint32_t nn_run_strips(const nn_model_t *model, void (*run)(nn_op_t *op, void *context),
    void *context) {
    nn_strips_t *strips = model->strips;
    begin(strips);
    for (int32_t number = 0; go_on(model, number); ++number) {
        for (uint32_t place = 0; place < strips->count; ++place) {
            strip_op_t *strip = &strips->ops[place];
            if (strip->target > strip->made) {
                keep_rows(model, place);
                run_rows(model, place, run, context);
                strip->made = (uint16_t)strip->target;
            }
        }
    }
    return (uint32_t)strips->first + strips->count;
}
