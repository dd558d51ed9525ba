"""What a verdict is worth."""

from collections.abc import Sequence

#: What looks at every file: it knows the test signature, and nothing that is bad.
BASIC_CHECK = "basic check"
#: What knows what is bad.
CLAMAV = "ClamAV"


def name_of(engines: Sequence[str]) -> str:
    """Return who gives a verdict if these do; beside ClamAV the basic check goes without saying."""
    return ", ".join(name for name in engines if name != BASIC_CHECK or CLAMAV not in engines)


def basic_only(scanner: str) -> bool:
    """Say whether a verdict is one without a virus scanner, by who gave it."""
    return scanner.startswith(BASIC_CHECK)
