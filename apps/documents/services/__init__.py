"""What may be done to documents, and what makes them."""
