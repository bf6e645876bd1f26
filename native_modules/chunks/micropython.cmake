# Module chunks: needs nothing but MicroPython.

add_library(usermod_chunks INTERFACE)
foreach(name modchunks chunk_cut patch_decode)
    target_sources(usermod_chunks INTERFACE ${CMAKE_CURRENT_LIST_DIR}/${name}.c)
endforeach()
target_include_directories(usermod_chunks INTERFACE
    ${CMAKE_CURRENT_LIST_DIR} ${CMAKE_CURRENT_LIST_DIR}/../include)
target_link_libraries(usermod INTERFACE usermod_chunks)
