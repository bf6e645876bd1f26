# Module journal: needs nothing but MicroPython.

add_library(usermod_journal INTERFACE)
foreach(name modjournal journal journal_memory)
    target_sources(usermod_journal INTERFACE ${CMAKE_CURRENT_LIST_DIR}/${name}.c)
endforeach()
target_include_directories(usermod_journal INTERFACE
    ${CMAKE_CURRENT_LIST_DIR} ${CMAKE_CURRENT_LIST_DIR}/../include)
target_link_libraries(usermod INTERFACE usermod_journal)
