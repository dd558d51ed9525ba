"""A small language for values: no name of Python is in reach, and every step is counted."""
