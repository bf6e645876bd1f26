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

// What modnn.c and its sisters, modnn_predict.c and modnn_profile.c, share.
extern const mp_obj_fun_builtin_fixed_t nn_model_predict_obj;
extern const mp_obj_fun_builtin_fixed_t nn_ops_obj;
mp_obj_t nn_new_profile(const nn_model_t *model);
void nn_model_run(mp_obj_t model);
mp_obj_t nn_model_output_view(mp_obj_t model, mp_obj_t index);
char nn_typecode(uint8_t type); // array.array's, of a tensor's elements

#endif // MODNN_H
