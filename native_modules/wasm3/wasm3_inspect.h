// What a module says of itself, for the wasm3 module's own files.

#ifndef WASM3_INSPECT_H
#define WASM3_INSPECT_H

#include "modwasm3.h"

// ((module, name, signature), ...) in the order of the file.
mp_obj_t wasm3_list_imports(wasm3_module_obj_t *self);

// ((name, kind, signature), ...); the signature of anything but a function is "".
mp_obj_t wasm3_list_exports(wasm3_module_obj_t *self);

// {name: value} of the exported globals, as they are now.
mp_obj_t wasm3_list_globals(wasm3_module_obj_t *self);

// A writable memoryview of linear memory; after the memory has grown it shows
// the old contents.
mp_obj_t wasm3_view_memory(wasm3_module_obj_t *self);

#endif // WASM3_INSPECT_H
