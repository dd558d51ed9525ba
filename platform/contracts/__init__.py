"""Events that cross apps: frozen dataclasses, standard library only."""
