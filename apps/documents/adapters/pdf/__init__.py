"""PDF, written by reportlab."""
