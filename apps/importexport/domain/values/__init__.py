"""What one text is as a value of a field, and by which rules: the definition for all else."""
