"""Secrets at rest: encrypted under a ring of keys, bound to their row, read by one function."""
