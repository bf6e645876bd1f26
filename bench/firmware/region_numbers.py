"""The regions' numbers; board and host use the same."""

# What calls cost. What ONE and MORE differ by is what the calls between them cost.
NOTHING = 0
NATIVE_ONE = 1
NATIVE_MORE = 2
RUNE_ONE = 3
RUNE_MORE = 4
CALLED = 5
UNCOUNTED_ONE = 6
UNCOUNTED_MORE = 7
UNMETERED_ONE = 8
UNMETERED_MORE = 9
UNTIMED = 11

# From power-on until the board says that it is ready.
BOOT = 10

# From a Rune on flash to its first call; the steps lie in LOAD.
LOAD = 20
FIRST_CALL = 21
MODULES = 30
DECISION = 31
FILE_HASH = 32
READ = 33
ADMIT = 34
STAGES = 35
SANDBOX = 36
PARSE = 37
LINK = 38
SELF_TEST = 39
WRITE = 40
SIGNATURE = 41

# What a signature's check costs.
VERIFY = 42
HASH = 43
ADMITTED = 44
