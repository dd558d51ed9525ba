"""What a template is made of."""
