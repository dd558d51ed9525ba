"""When something is due, as plain Python."""
