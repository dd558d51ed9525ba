"""Why something of notifications is refused, or does not arrive."""

from typing import ClassVar

from kernel.errors import DomainError


class WorkflowRefusedError(DomainError):
    """The steps or rules are none that a workflow can have; the message names each place."""

    code: ClassVar[str] = "NOTIFICATIONS_WORKFLOW_REFUSED"
    status: ClassVar[int] = 400


class TemplateRefusedError(DomainError):
    """The texts are none that a template can have; the message names each place."""

    code: ClassVar[str] = "NOTIFICATIONS_TEMPLATE_REFUSED"
    status: ClassVar[int] = 400


class RenderingError(DomainError):
    """The template cannot be filled with this data; the message names what is missing."""

    code: ClassVar[str] = "NOTIFICATIONS_RENDERING_FAILED"
    status: ClassVar[int] = 409


class EndpointDisabledError(DomainError):
    """Nothing is posted to the webhook endpoint until somebody enables it."""

    code: ClassVar[str] = "NOTIFICATIONS_ENDPOINT_DISABLED"
    status: ClassVar[int] = 409


class NoChannelError(DomainError):
    """Nothing is set up here that delivers over the channel."""

    code: ClassVar[str] = "NOTIFICATIONS_NO_CHANNEL"
    status: ClassVar[int] = 409


class DeliveryRefusedError(DomainError):
    """The other side takes the message never; the message says what it answered."""

    code: ClassVar[str] = "NOTIFICATIONS_DELIVERY_REFUSED"
    status: ClassVar[int] = 502


class AddressGoneError(DeliveryRefusedError):
    """Nobody is at the address any more; a device that answers so is forgotten."""

    code: ClassVar[str] = "NOTIFICATIONS_ADDRESS_GONE"


class DeliveryFailedError(DomainError):
    """The other side did not take the message yet; it is tried again."""

    code: ClassVar[str] = "NOTIFICATIONS_DELIVERY_FAILED"
    status: ClassVar[int] = 502
    retryable: ClassVar[bool] = True

    def __init__(self, message: str, *, told_seconds: int | None = None) -> None:
        super().__init__(message)
        #: After how long the other side wants to be asked again.
        self.told_seconds = told_seconds


class ProviderBusyError(DomainError):
    """The provider has been given as much as it may be for now; the message waits its turn."""

    code: ClassVar[str] = "NOTIFICATIONS_PROVIDER_BUSY"
    status: ClassVar[int] = 429
    retryable: ClassVar[bool] = True

    def __init__(self, message: str, *, wait_seconds: float) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds


class CallbackRefusedError(DomainError):
    """What was told of a message is not signed by who carries it, or tells of none."""

    code: ClassVar[str] = "NOTIFICATIONS_CALLBACK_REFUSED"
    status: ClassVar[int] = 403


class GivenUpError(DomainError):
    """The message was tried as often as it may be."""

    code: ClassVar[str] = "NOTIFICATIONS_GIVEN_UP"
    status: ClassVar[int] = 502
