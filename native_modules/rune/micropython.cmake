# Module rune: needs the modules wasm3, nn and dsp beside it.

add_library(usermod_rune INTERFACE)
foreach(name modrune container container_call host_cold host_hot pipeline pipeline_run
        pipeline_close pipeline_stages pipeline_models pipeline_custom record float_text
        runic_ring rune_ring rune_random rune_saga saga quota rune_quota rune_times running)
    target_sources(usermod_rune INTERFACE ${CMAKE_CURRENT_LIST_DIR}/${name}.c)
endforeach()
# What runs in every call, for speed rather than size.
foreach(name container container_call host_hot pipeline pipeline_run pipeline_stages
        pipeline_models pipeline_custom record float_text runic_ring rune_saga saga quota rune_quota
        rune_times)
    set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/${name}.c PROPERTIES COMPILE_OPTIONS -O2)
endforeach()
target_include_directories(usermod_rune INTERFACE
    ${CMAKE_CURRENT_LIST_DIR}
    ${CMAKE_CURRENT_LIST_DIR}/../include
    ${CMAKE_CURRENT_LIST_DIR}/../wasm3
    ${CMAKE_CURRENT_LIST_DIR}/../nn
    ${CMAKE_CURRENT_LIST_DIR}/../dsp
)
target_link_libraries(usermod INTERFACE usermod_rune)
