"""Reads of imports, exports and tables."""
