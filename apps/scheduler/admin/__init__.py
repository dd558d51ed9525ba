"""Schedules and runs for staff."""

from apps.scheduler.admin import concerns, runs, schedules  # noqa: F401  registers them
