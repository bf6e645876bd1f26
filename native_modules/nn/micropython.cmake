# The module `nn`: .tflite models run in place.

add_library(usermod_nn INTERFACE)

file(GLOB NN_CORE ${CMAKE_CURRENT_LIST_DIR}/modnn*.c ${CMAKE_CURRENT_LIST_DIR}/nn_*.c
    ${CMAKE_CURRENT_LIST_DIR}/op_*.c)
file(GLOB NN_KERNELS ${CMAKE_CURRENT_LIST_DIR}/kernels/*.c ${CMAKE_CURRENT_LIST_DIR}/kernels/*/*.c)
target_sources(usermod_nn INTERFACE ${NN_CORE} ${NN_KERNELS})
target_include_directories(usermod_nn INTERFACE ${CMAKE_CURRENT_LIST_DIR}
    ${CMAKE_CURRENT_LIST_DIR}/../include)

# Kernels are where the time goes: ports that build for size make an exception.
set_source_files_properties(${NN_KERNELS} PROPERTIES COMPILE_OPTIONS -O3)
# By -O3 this one, for broadcasting, takes three times the flash for little speed.
set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/kernels/arithmetic.c PROPERTIES COMPILE_OPTIONS -O2)

# Ops beside the core's, by group: all, unless NN_OPS names those wanted ("core" alone: none).
if(DEFINED NN_OPS)
    target_compile_definitions(usermod_nn INTERFACE NN_SOME_GROUPS)
    foreach(group IN LISTS NN_OPS)
        if(NOT group MATCHES "^(core|functions|shapes|resize|reduce|matrices|recurrent|int16|int4)$")
            message(FATAL_ERROR "NN_OPS: no group ${group}")
        endif()
        string(TOUPPER ${group} group)
        target_compile_definitions(usermod_nn INTERFACE NN_GROUP_${group}=1)
    endforeach()
endif()

# How int8 results are rounded: tflm-double unless NN_ROUNDING says tflm-single.
if(DEFINED NN_ROUNDING AND NOT NN_ROUNDING MATCHES "^tflm-(double|single)$")
    message(FATAL_ERROR "NN_ROUNDING: no rounding ${NN_ROUNDING}")
endif()
if("${NN_ROUNDING}" STREQUAL "tflm-single")
    target_compile_definitions(usermod_nn INTERFACE NN_SINGLE_ROUNDING=1)
endif()

target_link_libraries(usermod INTERFACE usermod_nn)
