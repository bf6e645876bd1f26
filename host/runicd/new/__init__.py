"""Lays down a starter project that builds, runs and passes its test as it is."""

from runicd.new.project import new_project

__all__ = ["new_project"]
