"""What a grown module imports: functions that give a number made of their arguments.

The board runs this file as it is, the host imports it, so that both have the same.
"""


def _wrapped(value, bits):
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def imported(signature):
    """Return the function for a signature as `wasm3` writes it: `i(IfF)`."""
    result, kinds = signature[0], signature[2:-1]

    def made_of(*arguments):
        total = len(arguments)
        for kind, argument in zip(kinds, arguments):
            # Of a double the board sees a single.
            if kind in "iI":
                total = 31 * total + argument
            elif kind == "f":
                total = 31 * total + (argument > 0)
        if result in "iI":
            return _wrapped(total, 32 if result == "i" else 64)
        return None if result == "v" else float(total & 0xFFFF)

    return made_of
