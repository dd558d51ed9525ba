"""What the pages of people ask for while they are rendered."""
