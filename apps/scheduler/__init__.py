"""Jobs at the right minute in every time zone, with their whole history."""
