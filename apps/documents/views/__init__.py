"""What documents shows to people beside the back office."""
