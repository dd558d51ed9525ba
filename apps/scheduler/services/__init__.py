"""What may be done to schedules and runs."""
