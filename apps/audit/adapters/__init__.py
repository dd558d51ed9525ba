"""The outside world: files of records."""
