"""Byte transports to a board; which one it is, no stage ever knows."""
