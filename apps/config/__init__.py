"""Dynamic configuration and feature flags that change without a release."""
