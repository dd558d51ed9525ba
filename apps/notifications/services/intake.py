"""Services of others begin workflows over Kafka: who may, for whom, and each once."""

from functools import cache

import orjson

from apps.notifications.conf import intake_sources
from apps.notifications.domain.intake import (
    IntakeError,
    SignatureError,
    Source,
    sources_of,
    trigger_of,
)
from apps.notifications.services.triggering import Told, trigger
from contracts.notifications import TriggerSubmitted
from kernel.errors import ForbiddenError, InvalidInputError
from kernel.tenancy.context import in_tenant


def begin_submitted(event: TriggerSubmitted) -> None:
    """Begin what a message asks for, in the tenant of its source, whatever the message says.

    The same source and id begin it once. Raises ForbiddenError for a source that may not, or has
    not signed it, InvalidInputError for what begins nothing, and what `trigger` raises.
    """
    source = _sources(intake_sources()).get(event.source)
    if source is None:
        raise ForbiddenError(f"no source {event.source} may begin workflows")
    message = orjson.loads(event.message)
    try:
        source.check(message, event.sha256, event.signature)
        told = trigger_of(message)
    except SignatureError as error:
        raise ForbiddenError(str(error)) from None
    except IntakeError as error:
        raise InvalidInputError(str(error)) from None
    with in_tenant(source.tenant_id):
        trigger(**Told(**told))  # type: ignore[typeddict-item]  # the schema has judged it


@cache
def _sources(lines: tuple[str, ...]) -> dict[str, Source]:
    return sources_of(lines)
