"""Databases outside, as the settings name them, and their tables as datasets."""
