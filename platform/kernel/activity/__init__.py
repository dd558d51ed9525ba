"""How much was done, how much of it failed and how long it took, hour by hour."""
