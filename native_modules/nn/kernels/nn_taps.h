// Which taps of a depthwise filter one output pixel sees, and the walk over them.

#ifndef NN_TAPS_H
#define NN_TAPS_H

#include "nn_kernels.h"
#include "nn_span.h"

typedef struct _nn_taps_t {
    nn_span_t rows, columns;
    int32_t n;
} nn_taps_t;

// Walks the taps of the window with the pixels they read: the loop that all
// sums share.
#define NN_FOR_EACH_TAP(params, dims, site, input_pixel, filter_pixel) \
    for (int32_t row = (site)->rows.first; row < (site)->rows.last; ++row) \
    for (int32_t column = (site)->columns.first, \
         input_pixel = (((site)->n * (dims)->input.h + (site)->rows.origin \
                         + row * (params)->dilation.h) * (dims)->input.w \
                        + (site)->columns.origin + column * (params)->dilation.w), \
         filter_pixel = row * (dims)->filter.w + column; \
         column < (site)->columns.last; \
         ++column, ++filter_pixel, input_pixel += (params)->dilation.w)

static inline nn_taps_t nn_make_taps(const nn_conv_params_t *params,
    const nn_conv_dims_t *dims, int32_t n, int32_t y, int32_t x) {
    nn_taps_t site;
    site.n = n;
    site.rows = nn_span(y * params->stride.h - params->padding.h, params->dilation.h,
        dims->filter.h, dims->input.h);
    site.columns = nn_span(x * params->stride.w - params->padding.w, params->dilation.w,
        dims->filter.w, dims->input.w);
    if (site.columns.last <= site.columns.first) {
        site.rows.last = site.rows.first; // a dilated window can miss the input
    }
    return site;
}

#endif // NN_TAPS_H
