# The console of the simulated board is for MicroPython's unix port, which is built with make; a
# board built with CMake has a UART driver, dupterm and memory-mapped flash of its own.
