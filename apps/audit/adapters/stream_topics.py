"""A topic of Kafka as the end of a stream: CloudEvents, the tenant as their key."""

from collections.abc import Sequence

from apps.audit.domain.streaming import FORMATS, Sealed, cloud_event
from kernel.events.kafka.sending import CloudEvent, NotTakenError, send
from kernel.outbound.errors import OutboundFailedError

#: Streams write to topics of this name alone: to the platform's own nobody may.
TOPICS = "audit.stream."


class Topic:
    """Writes each log as a message; a batch has arrived when all brokers in sync have all of it."""

    def __init__(self, name: str, *, form: str, source: str, tenant: str) -> None:
        self._name, self._form = f"{TOPICS}{name}", form
        self._source, self._tenant = source, tenant

    def send(self, _message: str, logs: Sequence[Sealed]) -> None:
        try:
            send(self._name, [CloudEvent(self._tenant, self._told(one)) for one in logs])
        except NotTakenError as error:
            raise OutboundFailedError(f"Kafka: {error}") from error

    def _told(self, one: Sealed) -> bytes:
        text = FORMATS[self._form](one)
        return cloud_event(one, text, form=self._form, source=self._source, tenant=self._tenant)
