"""A change that is asked for twice under one key is made once, and answered the same both times."""
