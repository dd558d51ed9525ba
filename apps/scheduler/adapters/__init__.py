"""The outside world of the scheduler."""
