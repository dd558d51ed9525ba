"""Secrets by reference: `${env:NAME}` and `${file:/path}` say where a secret is, not what it is."""

import re
from dataclasses import dataclass
from typing import Literal

_REFERENCE = re.compile(r"\$\{(?:(env):([A-Za-z_][A-Za-z0-9_]{0,127})|(file):(/[^\0{}]{1,500}))\}")


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a secret is: in a variable or a file of the process that uses it."""

    source: Literal["env", "file"]
    name: str


def parse_reference(text: str) -> Reference | None:
    """Return what a text refers to; None when it is no reference, and so a secret itself."""
    match = _REFERENCE.fullmatch(text)
    if match is None:
        return None
    if match[1]:
        return Reference("env", match[2])
    return Reference("file", match[4])
