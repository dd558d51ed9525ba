"""Who looks at the bytes of a file before anybody gets them."""

from functools import cache

from apps.files import conf
from apps.files.adapters.scanners.clamd import Clamd
from apps.files.adapters.scanners.inspector import Inspector
from apps.files.adapters.scanners.port import Engine, Scanner, Verdict
from apps.files.adapters.scanners.yara import Yara

__all__ = ["Scanner", "Verdict", "clamd", "scanner"]


def scanner() -> Scanner:
    """Return who scans for this process."""
    return Inspector(_engines(), conf.archive_limits())


@cache
def clamd() -> Clamd | None:
    """Return the daemon that the settings name, if they do."""
    address = conf.clamd_address()
    if address is None:
        return None
    return Clamd(
        address, most_bytes=conf.clamd_most_bytes(), timeout_seconds=conf.clamd_timeout_seconds()
    )


@cache
def _engines() -> list[Engine]:
    asked = clamd()
    engines: list[Engine] = [] if asked is None else [asked]
    if folder := conf.yara_folder():
        engines.append(Yara(folder))
    return engines
