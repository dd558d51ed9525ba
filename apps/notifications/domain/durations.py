"""Lengths of time as people write them in workflows."""

import re
from datetime import timedelta
from typing import Any

_FORM = re.compile(r"([1-9][0-9]{0,5})(s|m|h|d)")
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
LONGEST = timedelta(days=90)


def length(text: Any) -> timedelta:
    """Return the length of `30s`, `15m`, `12h` or `7d`; raises ValueError."""
    found = _FORM.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f"a length of time is 30s, 15m, 12h or 7d, found {text!r:.40}")
    said = timedelta(seconds=int(found[1]) * _UNITS[found[2]])
    if said > LONGEST:
        raise ValueError(f"at most {LONGEST.days}d, found {text}")
    return said
