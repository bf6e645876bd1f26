"""Fuzz targets: `python -m fuzz` runs each of them for a while."""
