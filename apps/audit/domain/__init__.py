"""What an audit record is, in plain Python."""
