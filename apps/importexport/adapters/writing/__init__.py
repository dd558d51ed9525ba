"""Tables are written as files."""
