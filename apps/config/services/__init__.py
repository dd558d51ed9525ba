"""What may be done to configuration and feature flags."""
