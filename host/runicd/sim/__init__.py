"""Simulated boards: firmware processes on this machine, their files and their lives."""
