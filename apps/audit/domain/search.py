"""How text becomes tokens, the same for what is stored and for what is asked."""

import re

#: The most tokens kept of one entry and read of one question.
MAX_STORED = 2_000
MAX_ASKED = 16

_TOKEN = re.compile(r"[^\W_]+")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\WA-Z_\d]+|\d+")


def stored_tokens(text: str) -> list[str]:
    """Return each token once, and the parts of CamelCase too: `DeleteTrail`, `delete`, `trail`."""
    found: dict[str, None] = {}
    for token in _TOKEN.findall(text):
        found[token.lower()] = None
        for part in _PART.findall(token):
            found[part.lower()] = None
    return list(found)[:MAX_STORED]


def asked_tokens(text: str) -> list[str]:
    """Return what somebody looks for; a token matches every stored one that begins with it."""
    return list(dict.fromkeys(token.lower() for token in _TOKEN.findall(text)))[:MAX_ASKED]
