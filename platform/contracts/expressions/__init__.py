"""A small language for values that people write in templates and in mappings of imports.

No name of Python is in reach, and every step is counted. Apps add functions of their own.
"""
