# The module `crypto`: signatures checked. RUNIC_MONOCYPHER_DIR is where monocypher.c is, 4.0.x.

if(NOT DEFINED RUNIC_MONOCYPHER_DIR)
    set(RUNIC_MONOCYPHER_DIR $ENV{RUNIC_MONOCYPHER_DIR})
endif()
if(NOT EXISTS ${RUNIC_MONOCYPHER_DIR}/monocypher.h)
    message(FATAL_ERROR "RUNIC_MONOCYPHER_DIR=${RUNIC_MONOCYPHER_DIR}: no monocypher.h there")
endif()

# What a Rune's every byte goes through, for speed rather than size.
set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/sha512.c PROPERTIES COMPILE_OPTIONS -O2)
set_source_files_properties(${RUNIC_MONOCYPHER_DIR}/monocypher.c PROPERTIES
    COMPILE_OPTIONS "-O2;-w")

add_library(usermod_crypto INTERFACE)
target_sources(usermod_crypto INTERFACE
    ${CMAKE_CURRENT_LIST_DIR}/modcrypto.c
    ${CMAKE_CURRENT_LIST_DIR}/ed25519.c
    ${CMAKE_CURRENT_LIST_DIR}/sha512.c
    ${RUNIC_MONOCYPHER_DIR}/monocypher.c
)
target_include_directories(usermod_crypto INTERFACE ${CMAKE_CURRENT_LIST_DIR})
target_include_directories(usermod_crypto SYSTEM INTERFACE ${RUNIC_MONOCYPHER_DIR})
target_link_libraries(usermod INTERFACE usermod_crypto)
