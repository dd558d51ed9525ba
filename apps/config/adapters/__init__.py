"""The world outside of config."""
