# RunicOS's simulated board as a variant of MicroPython's unix port: what make must know.

PROG = micropython

# As on most boards; the modules keep state that is not guarded against threads.
MICROPY_PY_THREAD = 0

# TLS is the system's mbedTLS, through the patch that Debian's source package carries.
MICROPY_SSL_AXTLS = 0
MICROPY_SSL_MBEDTLS = 1

# Berkeley DB is a submodule that Debian's source package leaves out.
MICROPY_PY_BTREE = 0
MICROPY_PY_FFI = 1
