"""RunicOS put onto a board whose firmware is plain MicroPython with the native modules."""
