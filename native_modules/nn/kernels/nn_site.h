// Where the window of one output pixel of CONV_2D lies, in runs of neighbours.

#ifndef NN_SITE_H
#define NN_SITE_H

#include "nn_kernels.h"
#include "nn_span.h"

// Where one output pixel's window lies. Taps of a row that are neighbours in
// memory are read as one run.
typedef struct _nn_site_t {
    nn_span_t rows, columns;
    int32_t runs; // per row of the window
    int32_t run; // elements in each
    int32_t input_step, filter_step; // elements from one run to the next
} nn_site_t;

static inline nn_site_t nn_make_site(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    int32_t y, int32_t x) {
    nn_site_t site;
    site.rows = nn_span(y * params->stride.h - params->padding.h, params->dilation.h,
        dims->filter.h, dims->input.h);
    site.columns = nn_span(x * params->stride.w - params->padding.w, params->dilation.w,
        dims->filter.w, dims->input.w);
    site.runs = site.columns.last - site.columns.first;
    if (site.runs <= 0) {
        site.rows.last = site.rows.first; // a dilated window can miss the input
    }
    site.run = dims->filter.c;
    site.filter_step = dims->filter.c;
    // A dilation is only known to be less than the input's width where two taps fall inside.
    site.input_step = site.runs > 1 ? params->dilation.w * dims->input.c : site.filter_step;
    if (site.input_step == site.filter_step) {
        site.run *= site.runs;
        site.runs = 1;
    }
    return site;
}

// Offset in the input of a site's run in row `tap` of the window, batch n.
static inline int32_t nn_input_at(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const nn_site_t *site, int32_t n, int32_t tap) {
    int32_t y = site->rows.origin + tap * params->dilation.h;
    int32_t x = site->columns.origin + site->columns.first * params->dilation.w;
    return ((n * dims->input.h + y) * dims->input.w + x) * dims->input.c;
}

static inline int32_t nn_filter_at(const nn_conv_dims_t *dims, const nn_site_t *site,
    int32_t channel, int32_t tap) {
    return ((channel * dims->filter.h + tap) * dims->filter.w + site->columns.first)
           * dims->filter.c;
}

#endif // NN_SITE_H
