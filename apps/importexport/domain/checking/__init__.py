"""What cells become by the fields that they are mapped to, and what is wrong with them."""
