"""How dates are written, where Django's own way would leave out the seconds."""
