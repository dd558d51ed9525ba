"""How tables are written down: formats, dialects, and the guess at one."""
