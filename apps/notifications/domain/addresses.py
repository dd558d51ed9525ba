"""Addresses of e-mail: one of them, and nothing that a header would take for more."""

import re

MOST_CHARACTERS = 320
#: An address of RFC 5321 without comments, quotes and address literals; other scripts may be in it.
_ADDRESS = re.compile(r"[^\s@\"(),:;<>\[\]\\]{1,64}@[^\s@\"(),:;<>\[\]\\]{1,255}")


def email(text: str) -> str:
    """Return an address as it is kept; raises ValueError."""
    text = text.strip()
    if len(text) > MOST_CHARACTERS or not _ADDRESS.fullmatch(text) or not text.isprintable():
        raise ValueError(f"no address of e-mail: {text!r:.80}")
    name, _, host = text.rpartition("@")
    if ".." in text or name[0] == "." or name[-1] == "." or host[0] in ".-" or host[-1] in ".-":
        raise ValueError(f"no address of e-mail: {text!r:.80}")
    return f"{name}@{host.lower()}"


def suppression_key(address: str) -> str:
    """Return by what an address is known among those that nothing is sent to."""
    return address.strip().lower()
