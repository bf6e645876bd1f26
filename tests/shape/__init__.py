"""Checks of the repository's own form: import direction, sizes, what a file may name."""
