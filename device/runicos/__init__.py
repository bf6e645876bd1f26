"""RunicOS: the runtime that runs Runes on MicroPython boards."""
