"""How much a caller may ask for in a time: counted in the cost of what it asks, by GCRA."""
