"""What can go wrong, by the codes of the platform."""

from typing import Any


class SeptetError(Exception):
    """The platform refused something, or did not answer.

    `code` is one of the platform's table of errors and never changes its meaning; the message is
    for people. `data` is what came beside the error: a federated answer may lack one part only.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int = 0,
        path: str = "",
        id: str = "",  # noqa: A002  # as the platform calls it
        data: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.path = path
        self.id = id
        self.data = data


class Unreachable(SeptetError):  # noqa: N818  # read as a sentence: raised when it is unreachable
    """No answer came, or none that the platform gives. What was asked may have been done."""


class ProofError(ValueError):
    """What was to be proved is not."""


def error_of(told: dict[str, Any], status: int, data: dict[str, Any] | None = None) -> SeptetError:
    """Return the error that an entry of `errors` tells of."""
    extensions = told.get("extensions") or {}
    return SeptetError(
        str(extensions.get("code", "INTERNAL")),
        str(told.get("message", "")),
        status=status,
        path=".".join(str(part) for part in told.get("path") or []),
        id=str(extensions.get("id", "")),
        data=data,
    )
