# The board's console: its serial port and the REPL on it. A port that is built with CMake runs on
# a board.

add_library(usermod_console INTERFACE)
foreach(name modconsole event_repl port_board)
    target_sources(usermod_console INTERFACE ${CMAKE_CURRENT_LIST_DIR}/${name}.c)
endforeach()
target_include_directories(usermod_console INTERFACE
    ${CMAKE_CURRENT_LIST_DIR} ${CMAKE_CURRENT_LIST_DIR}/../include)
target_link_libraries(usermod INTERFACE usermod_console)
