"""Flags for other systems, with a report of what those cannot say."""
