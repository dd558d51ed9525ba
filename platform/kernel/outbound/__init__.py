"""The one way out: every HTTP call to an address that somebody gave us."""
