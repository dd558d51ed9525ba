"""Reads of configuration and feature flags, always within the current tenant."""
