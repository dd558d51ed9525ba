"""Filters of lists in the back office that staff keep under a name, for themselves or for all."""
