"""What is decided about notifications, as plain functions."""
