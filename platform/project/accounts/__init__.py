"""Pages on which people sign in, look after their account and run their tenant."""
