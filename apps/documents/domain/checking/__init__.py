"""Templates are judged before they have data: what they read, and what they get wrong."""
