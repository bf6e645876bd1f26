# wasm3 0.5.0 as a MicroPython module; RUNIC_WASM3_DIR is wasm3's unpacked source distribution.

if(NOT DEFINED RUNIC_WASM3_DIR)
    set(RUNIC_WASM3_DIR $ENV{RUNIC_WASM3_DIR})
endif()
set(WASM3_SOURCE_DIR ${RUNIC_WASM3_DIR}/wasm3)
if(NOT EXISTS ${WASM3_SOURCE_DIR}/wasm3.h)
    message(FATAL_ERROR "RUNIC_WASM3_DIR=${RUNIC_WASM3_DIR}: no wasm3 source there")
endif()
file(STRINGS ${WASM3_SOURCE_DIR}/m3_compile.c WASM3_IS_PATCHED REGEX IsInside)
if(NOT WASM3_IS_PATCHED)
    message(FATAL_ERROR "RUNIC_WASM3_DIR=${RUNIC_WASM3_DIR}: apply the patches of ${CMAKE_CURRENT_LIST_DIR}/patches")
endif()
if(NOT DEFINED WASM3_STACK_HEIGHT)
    set(WASM3_STACK_HEIGHT 512)
endif()
if(NOT DEFINED WASM3_CODE_PAGE_BYTES)
    set(WASM3_CODE_PAGE_BYTES 1024)
endif()

set(WASM3_SOURCES)
foreach(name bind code compile core emit env exec function info module parse)
    list(APPEND WASM3_SOURCES ${WASM3_SOURCE_DIR}/m3_${name}.c)
endforeach()
# wasm3 aliases its stack slots and relies on wrapping arithmetic. Speed: its operations must
# become tail calls.
set_source_files_properties(${WASM3_SOURCES} PROPERTIES COMPILE_OPTIONS
    "-O3;-fno-strict-aliasing;-fwrapv;-fomit-frame-pointer;-fno-stack-protector;-w;-include;${CMAKE_CURRENT_LIST_DIR}/wasm3_shim.h")

# What runs in every call, for speed rather than size.
set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/modwasm3.c PROPERTIES COMPILE_OPTIONS -O2)

add_library(usermod_wasm3 INTERFACE)
target_sources(usermod_wasm3 INTERFACE
    ${CMAKE_CURRENT_LIST_DIR}/modwasm3.c
    ${CMAKE_CURRENT_LIST_DIR}/wasm3_module.c
    ${CMAKE_CURRENT_LIST_DIR}/wasm3_function.c
    ${CMAKE_CURRENT_LIST_DIR}/wasm3_inspect.c
    ${CMAKE_CURRENT_LIST_DIR}/wasm3_arena.c
    ${CMAKE_CURRENT_LIST_DIR}/wasm3_validation.c
    ${CMAKE_CURRENT_LIST_DIR}/wasm3_meter.c
    ${CMAKE_CURRENT_LIST_DIR}/wasm_read.c
    ${CMAKE_CURRENT_LIST_DIR}/wasm_outline.c
    ${CMAKE_CURRENT_LIST_DIR}/wasm_sections.c
    ${CMAKE_CURRENT_LIST_DIR}/wasm_code.c
    ${CMAKE_CURRENT_LIST_DIR}/wasm_operands.c
    ${CMAKE_CURRENT_LIST_DIR}/wasm_values.c
    ${CMAKE_CURRENT_LIST_DIR}/wasm_validate.c
    ${CMAKE_CURRENT_LIST_DIR}/wasm_skip.c
    ${WASM3_SOURCES}
)
target_include_directories(usermod_wasm3 INTERFACE ${CMAKE_CURRENT_LIST_DIR}
    ${CMAKE_CURRENT_LIST_DIR}/../include)
target_include_directories(usermod_wasm3 SYSTEM INTERFACE ${WASM3_SOURCE_DIR})
target_compile_definitions(usermod_wasm3 INTERFACE
    d_m3MaxFunctionStackHeight=${WASM3_STACK_HEIGHT}
    d_m3CodePageAlignSize=${WASM3_CODE_PAGE_BYTES}
)
target_link_libraries(usermod INTERFACE usermod_wasm3)
