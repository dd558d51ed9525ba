"""Places outside the platform: what is said of them, and what files are called there."""
