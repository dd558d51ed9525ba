"""Generated from `clients/operations` by `python -m scripts.clients`."""
