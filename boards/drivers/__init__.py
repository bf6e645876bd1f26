"""Drivers that real boards share: each is made from peripherals that hal.py hands it."""
