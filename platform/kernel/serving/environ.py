"""The names that headers have in a WSGI environment (PEP 3333)."""

from functools import lru_cache


@lru_cache(maxsize=256)
def variable_of(header: str) -> str:
    """Return the variable that holds a header."""
    name = header.upper().replace("-", "_")
    return name if name in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{name}"
