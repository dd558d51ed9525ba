"""Writes of the audit app: entries recorded, and logs sealed over them."""
