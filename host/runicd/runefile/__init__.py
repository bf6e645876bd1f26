"""Runefile text to Pipeline to Rune: parse, lower, check, emit, bundle."""
