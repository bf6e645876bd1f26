// A CMake library has a source of its own; those that are checked come from the modules.
