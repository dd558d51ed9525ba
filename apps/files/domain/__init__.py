"""What a file may be, as plain Python."""
