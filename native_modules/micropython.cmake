# Every native module, for the ports that build with CMake (pico, esp32).

file(GLOB RUNIC_MODULES ${CMAKE_CURRENT_LIST_DIR}/*/micropython.cmake)
foreach(module ${RUNIC_MODULES})
    include(${module})
endforeach()
