"""Dynamic settings: what operators change while processes run, read from memory.

An app declares each in its `conf.py` and reads it by `value()`. Their values are those of the
global layer of the config app, which may be in this process, in another, or away for a while.
"""
