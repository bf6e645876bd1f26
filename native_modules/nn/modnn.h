// The Python object around a model, for modules that run models themselves.

#ifndef MODNN_H
#define MODNN_H

#include "py/obj.h"

#include "nn_model.h"

extern const mp_obj_type_t nn_type_Model;
extern const mp_obj_type_t nn_type_ModelError;

// Raises ModelError for the error that reading or preparing a model met.
void nn_raise_model_error(const nn_model_t *model) __attribute__((noreturn));

// The model of an nn.Model, ready to invoke; raises TypeError for anything else and
// ValueError for a Model that was closed.
// It lives as long as the object does.
nn_model_t *nn_model_from_obj(mp_obj_t object);

// Between these the Model cannot be closed: somebody keeps pointers into it.
void nn_model_hold(mp_obj_t object);
void nn_model_release(mp_obj_t object);

#endif // MODNN_H
