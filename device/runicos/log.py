"""The log: how grave its records are, and of which kind.

They lie in the ring of the module `journal`, in memory that a reset leaves alone, with what is no
text: counts. docs/saga.md describes them all.
"""

ERROR = 0
WARNING = 1
INFO = 2
DEBUG = 3

BOOT = 1
NOTE = 2
STATE = 3
FAILURE = 4
DENIAL = 5
WENT_BACK = 6
RESTART = 7
COUNTS = 8
