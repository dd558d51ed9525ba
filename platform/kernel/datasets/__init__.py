"""Datasets: what each app lets be read and written in bulk, and how others reach it.

An app declares its own at start, beside the code that keeps its rules:

    register(FLAGS, read=read_flags, write=write_flags)

`read` gives a page of rows that whoever acts may see. `write` takes rows in the transaction of
their batch and goes through the app's own services: one row that is refused does not keep the
others, and its result says why.
"""
