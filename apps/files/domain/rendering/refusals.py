"""Why nothing is made of a file, whenever it is tried."""

from enum import StrEnum


class Reason(StrEnum):
    """Stable, for programs."""

    BROKEN = "BROKEN"
    EMPTY = "EMPTY"
    ENCRYPTED = "ENCRYPTED"
    TOO_LONG = "TOO_LONG"
    TOO_MANY_PIXELS = "TOO_MANY_PIXELS"


class RefusedError(ValueError):
    """There is nothing to be made of these bytes; `code` is a Reason."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.code = str(reason)
