"""The errors that are part of our contracts: one class, one code, the same on every surface."""

from typing import ClassVar


class DomainError(Exception):
    """Base of every failure a caller may rely on; its message is meant for the caller.

    `code` is the same in GraphQL, HTTP, dead letters and logs; `status` is its HTTP form. Of one
    that is `retryable`, `retry_after_seconds` tells when trying again makes sense.
    """

    code: ClassVar[str] = "INTERNAL"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False
    retry_after_seconds: int = 5


class InvalidInputError(DomainError):
    """The input cannot mean anything, whatever the state of our data."""

    code = "INVALID_INPUT"
    status = 400


class UnauthenticatedError(DomainError):
    """No credential, or one that is unknown, expired or revoked."""

    code = "UNAUTHENTICATED"
    status = 401


class ForbiddenError(DomainError):
    """The credential is good, but it does not reach this far."""

    code = "FORBIDDEN"
    status = 403


#: What is about who asks, whatever they ask for.
Refused = UnauthenticatedError | ForbiddenError


class NotFoundError(DomainError):
    """No such thing in the caller's tenant."""

    code = "NOT_FOUND"
    status = 404


class MethodNotAllowedError(DomainError):
    """The path is there, but not for this HTTP method."""

    code = "METHOD_NOT_ALLOWED"
    status = 405


class ConflictError(DomainError):
    """The state of our data contradicts the request."""

    code = "CONFLICT"
    status = 409


class PayloadTooLargeError(DomainError):
    """The request is longer than we read."""

    code = "PAYLOAD_TOO_LARGE"
    status = 413


class LimitExceededError(DomainError):
    """The request asks for more than one request may."""

    code = "LIMIT_EXCEEDED"
    status = 400


class RateLimitedError(DomainError):
    """The caller has used up what it may ask for now; after `Retry-After` it may ask again."""

    code = "RATE_LIMITED"
    status = 429
    retryable = True

    def __init__(self, message: str, *, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class UnavailableError(DomainError):
    """Something we depend on does not answer; the same request may succeed later."""

    code = "UNAVAILABLE"
    status = 503
    retryable = True


class DeadlineExceededError(DomainError):
    """The answer would have come after the time the caller allowed."""

    code = "DEADLINE_EXCEEDED"
    status = 504
    retryable = True
