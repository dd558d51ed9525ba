"""What the people on call see: logs, health, metrics."""
