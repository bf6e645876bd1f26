"""Broken inputs, one fault a file, each with what is to be said of it."""
