"""What is said of an event that no handler can be given, by the codes of our errors."""

from contracts.codec import MalformedEventError
from contracts.envelope import UnknownEventTypeError
from kernel.errors import DomainError


class EventMalformedError(DomainError):
    """What came as an event is no CloudEvent, or its data is not of its type."""

    code = "EVENT_MALFORMED"
    status = 422


class EventTypeUnknownError(DomainError):
    """This release does not know the type of an event, or has no handler for it any more."""

    code = "EVENT_TYPE_UNKNOWN"
    status = 422


#: What contracts raise, who know nothing of our codes.
UNREADABLE: dict[type[Exception], str] = {
    MalformedEventError: EventMalformedError.code,
    UnknownEventTypeError: EventTypeUnknownError.code,
}


def code_of(error: Exception) -> str:
    """Return the code under which a failure of a handler is kept."""
    if isinstance(error, DomainError):
        return error.code
    return UNREADABLE.get(type(error), DomainError.code)
