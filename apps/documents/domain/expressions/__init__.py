"""What documents add to `contracts.expressions`: values as people of a place write them."""
