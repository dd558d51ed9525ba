"""Places outside the platform, each kind behind the same two ports."""
