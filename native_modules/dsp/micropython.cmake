# The dsp module; RUNIC_CMSISDSP_DIR is CMSIS-DSP's unpacked source distribution.

if(NOT DEFINED RUNIC_CMSISDSP_DIR)
    set(RUNIC_CMSISDSP_DIR $ENV{RUNIC_CMSISDSP_DIR})
endif()
if(NOT EXISTS ${RUNIC_CMSISDSP_DIR}/Source/TransformFunctions/arm_rfft_fast_f32.c)
    message(FATAL_ERROR "RUNIC_CMSISDSP_DIR=${RUNIC_CMSISDSP_DIR}: no CMSIS-DSP source there")
endif()
# The longest transform of dsp.rfft: tables take about 20 bytes of flash for each of its values.
if(NOT DEFINED DSP_RFFT_LONGEST)
    set(DSP_RFFT_LONGEST 1024)
endif()

set(DSP_OWN)
foreach(name moddsp moddsp_block dsp_block block_choice block_modulo block_scale block_spectrum
        block_text dsp_element dsp_exact dsp_image dsp_noise dsp_spectrum dsp_text dsp_vector)
    list(APPEND DSP_OWN ${CMAKE_CURRENT_LIST_DIR}/${name}.c)
endforeach()
set(DSP_CMSIS
    ${RUNIC_CMSISDSP_DIR}/Source/CommonTables/arm_common_tables.c
    ${RUNIC_CMSISDSP_DIR}/Source/CommonTables/arm_const_structs.c
    ${RUNIC_CMSISDSP_DIR}/Source/CommonTables/arm_mve_tables.c)
foreach(name bitreversal2 cfft_f32 cfft_init_f32 cfft_radix8_f32 rfft_fast_f32 rfft_fast_init_f32)
    list(APPEND DSP_CMSIS ${RUNIC_CMSISDSP_DIR}/Source/TransformFunctions/arm_${name}.c)
endforeach()

# A fused multiply-add rounds once where the host rounds twice, and the two would differ.
set_source_files_properties(${DSP_OWN} PROPERTIES COMPILE_OPTIONS "-ffp-contract=off")
set_source_files_properties(${DSP_CMSIS} PROPERTIES COMPILE_OPTIONS "-w")

add_library(usermod_dsp INTERFACE)
target_sources(usermod_dsp INTERFACE ${DSP_OWN} ${DSP_CMSIS})
target_include_directories(usermod_dsp INTERFACE
    ${CMAKE_CURRENT_LIST_DIR} ${CMAKE_CURRENT_LIST_DIR}/../include)
target_include_directories(usermod_dsp SYSTEM INTERFACE
    ${RUNIC_CMSISDSP_DIR}/Include ${RUNIC_CMSISDSP_DIR}/PrivateInclude)
# Outside Arm, CMSIS-DSP does without the CMSIS-Core headers when told so.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "arm|cortex")
    target_include_directories(usermod_dsp SYSTEM INTERFACE ${MICROPY_DIR}/lib/cmsis/inc)
else()
    target_compile_definitions(usermod_dsp INTERFACE __GNUC_PYTHON__)
endif()
target_compile_definitions(usermod_dsp INTERFACE DSP_RFFT_LONGEST=${DSP_RFFT_LONGEST})
target_link_libraries(usermod INTERFACE usermod_dsp)
