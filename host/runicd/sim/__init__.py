"""Simulated boards: firmware processes on this machine, their files and their lives."""

LEAST_HEAP_BYTES = 96 * 1024
"""RunicOS and its service take this much before the first Rune."""
