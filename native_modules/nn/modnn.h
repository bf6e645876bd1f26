// The Python object around a model, for modules that run models themselves.

#ifndef MODNN_H
#define MODNN_H

#include "py/obj.h"

#include "nn_model.h"

extern const mp_obj_type_t nn_type_Model;

// The model of an nn.Model, ready to invoke; raises TypeError for anything else.
// It lives as long as the object does.
nn_model_t *nn_model_from_obj(mp_obj_t object);

#endif // MODNN_H
