"""What is frozen into a board's firmware to measure it; region_numbers.py is for both sides."""
