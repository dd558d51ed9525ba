"""Cron expressions after OCPS 1.4: read, evaluated, described and judged."""
