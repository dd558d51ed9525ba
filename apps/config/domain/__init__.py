"""Feature flags in plain Python: definitions, their rules, and what they answer."""
