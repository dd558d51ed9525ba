"""Reads of schedules and their runs, always within the current tenant."""
