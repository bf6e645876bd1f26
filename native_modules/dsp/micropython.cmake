# The module `dsp`: signal processing, and the stock blocks.

# The longest transform of dsp.rfft: 2048 or 4096. Tables take 5 bytes of flash for each of its
# values.
if(NOT DEFINED DSP_RFFT_LONGEST)
    set(DSP_RFFT_LONGEST 2048)
endif()

set(DSP_OWN)
foreach(name moddsp moddsp_block dsp_block block_choice block_fft block_modulo block_noise
        block_scale block_text dsp_element dsp_exact dsp_fft_f32 dsp_fft_q15 dsp_image dsp_mel
        dsp_mve_f32 dsp_mve_noise dsp_mve_q15 dsp_mve_spectrum_f32 dsp_mve_spectrum_q15 dsp_noise
        dsp_spectrum dsp_spectrum_q15 dsp_text dsp_turn dsp_vector)
    list(APPEND DSP_OWN ${CMAKE_CURRENT_LIST_DIR}/${name}.c)
endforeach()

# A fused multiply-add rounds once where the host rounds twice, and the two would differ.
set_source_files_properties(${DSP_OWN} PROPERTIES COMPILE_OPTIONS "-ffp-contract=off")
# These are where the time goes: ports that build for size make an exception.
foreach(name dsp_exact dsp_mve_noise dsp_mve_spectrum_f32 dsp_mve_spectrum_q15 dsp_noise dsp_spectrum
        dsp_spectrum_q15)
    set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/${name}.c PROPERTIES
        COMPILE_OPTIONS "-ffp-contract=off;-O2")
endforeach()
# Induction variables would be one pointer for each number that a loop touches, more than there are
# registers.
foreach(name dsp_fft_f32 dsp_fft_q15)
    set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/${name}.c PROPERTIES
        COMPILE_OPTIONS "-ffp-contract=off;-O3;-fno-ivopts")
endforeach()
# Their statements stand in an order that needs no more vectors than there are registers.
foreach(name dsp_mve_f32 dsp_mve_q15)
    set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/${name}.c PROPERTIES
        COMPILE_OPTIONS "-ffp-contract=off;-O3;-fno-ivopts;-fno-schedule-insns")
endforeach()

add_library(usermod_dsp INTERFACE)
target_sources(usermod_dsp INTERFACE ${DSP_OWN})
target_include_directories(usermod_dsp INTERFACE
    ${CMAKE_CURRENT_LIST_DIR} ${CMAKE_CURRENT_LIST_DIR}/../include)
target_compile_definitions(usermod_dsp INTERFACE DSP_RFFT_LONGEST=${DSP_RFFT_LONGEST})
target_link_libraries(usermod INTERFACE usermod_dsp)
