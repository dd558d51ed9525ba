"""How services and what they rely on were, day by day, as processes that serve have seen it."""
