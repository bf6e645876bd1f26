# The module `nn`: .tflite models run in place.

add_library(usermod_nn INTERFACE)

file(GLOB NN_CORE ${CMAKE_CURRENT_LIST_DIR}/modnn*.c ${CMAKE_CURRENT_LIST_DIR}/nn_*.c
    ${CMAKE_CURRENT_LIST_DIR}/op_*.c)
file(GLOB NN_KERNELS ${CMAKE_CURRENT_LIST_DIR}/kernels/*.c)
target_sources(usermod_nn INTERFACE ${NN_CORE} ${NN_KERNELS})
target_include_directories(usermod_nn INTERFACE ${CMAKE_CURRENT_LIST_DIR}
    ${CMAKE_CURRENT_LIST_DIR}/../include)

# Kernels are where the time goes: ports that build for size make an exception.
set_source_files_properties(${NN_KERNELS} PROPERTIES COMPILE_OPTIONS -O3)

target_link_libraries(usermod INTERFACE usermod_nn)
