"""Tests of how figures are measured."""
