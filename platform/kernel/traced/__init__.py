"""What one request or job has led to, as staff look it up by its trace."""
