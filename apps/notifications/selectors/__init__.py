"""Reads of notifications, always within the current tenant."""
