"""Streams of logs to other systems, through the graph. No secret is ever shown."""

from typing import Any

import graphene

from apps.audit.models import AuditStream, StreamFormat, StreamState
from apps.audit.schema.inputs import AuditLogFilter, plain, query
from apps.audit.schema.searches import filter_of
from apps.audit.selectors.streams import waiting_in
from apps.audit.services.delivering import send_test
from apps.audit.services.streams import (
    create_stream,
    pause_stream,
    remove_stream,
    resume_stream,
    update_stream,
)
from kernel.federation.batches import Batched
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.fields import Many, One
from kernel.federation.mutations import ById, ChangeInput, Create, Delete, Update
from kernel.federation.scalars import JSON
from kernel.ids import parse_id

_ADDRESS = (
    "`https://…`, `syslog+tls://host:port`, `syslog+tcp://host:port`, or `kafka://name` for the"
    " topic `audit.stream.name`, which an operator has made."
)
_SIGNED_BY = (
    "Of a webhook, which it signs: `whsec_` and 24 to 64 bytes in base64, as Standard Webhooks has"
    " it. It is kept encrypted and never shown."
)

AuditStreamState = graphene.Enum.from_enum(
    StreamState, name="AuditStreamState", description="Whether a stream goes."
)
AuditStreamFormat = graphene.Enum.from_enum(
    StreamFormat, name="AuditStreamFormat", description="How a log is told."
)


@key("id")
class AuditStreamType(Entity):
    """Sealed logs on their way to another system, in the order of their places."""

    class Meta:
        model = AuditStream
        name = "AuditStream"
        fields = (
            "id",
            "name",
            "address",
            "position",
            "missed",
            "sent_at",
            "failures",
            "failing_since",
            "last_error",
            "retry_at",
            "created_at",
        )

    format = AuditStreamFormat(required=True)
    state = AuditStreamState(required=True)
    filter = JSON(required=True, description="Which logs; to be sent as an `AuditLogFilter`.")
    waiting = Batched(
        graphene.BigInt,
        load=waiting_in,
        description="How many sealed logs are behind its position; null when it is removed.",
    )

    @staticmethod
    def resolve_filter(stream: AuditStream, _info: Any) -> dict[str, Any]:
        return filter_of(stream.query)


class AuditStreamFilter(graphene.InputObjectType):
    """Which streams; every part that is given has to fit."""

    name = graphene.String()
    states = graphene.List(graphene.NonNull(AuditStreamState))


class AuditStreamOrder(graphene.Enum):
    """In which order streams are listed."""

    NAME = ("name", "id")
    NEWEST_FIRST = ("-created_at", "-id")


class CreateAuditStreamInput(ChangeInput):
    """Where logs are to go."""

    name = graphene.String(required=True)
    address = graphene.String(required=True, description=_ADDRESS)
    format = AuditStreamFormat(description="JSON if not said.")
    filter = AuditLogFilter(description="Every log of the tenant if not said.")
    secret = graphene.String(description=_SIGNED_BY)
    from_position = graphene.BigInt(
        description="The first is 0. What is sealed from now on if not said."
    )


class UpdateAuditStreamInput(ById):
    """What becomes of a stream; what is not sent stays."""

    name = graphene.String()
    address = graphene.String(description=_ADDRESS)
    format = AuditStreamFormat()
    filter = AuditLogFilter()
    secret = graphene.String(description=_SIGNED_BY)


class DeleteAuditStreamInput(ById):
    """The stream that is to send no more, ever."""


class PauseAuditStreamInput(ById):
    """The stream that is to wait."""


class ResumeAuditStreamInput(ById):
    """The stream that is to go on."""


class ReplayAuditStreamInput(ById):
    """The stream that is to send again."""

    from_position = graphene.BigInt(required=True, description="The first is 0.")


class TestAuditStreamInput(ById):
    """The stream to try."""


class _Test(Update):
    """Sends now, and says what became of it: of an answer that is kept nobody learns anything."""

    def keyed(
        self, sent: dict[str, Any], of_request: str | None
    ) -> tuple[str | None, dict[str, Any]]:
        _, rest = super().keyed(sent, of_request)
        return None, rest


class Streams:
    """Reads of streams."""

    audit_stream = One(AuditStreamType)
    audit_streams = Many(
        AuditStreamType,
        filter=AuditStreamFilter,
        lookups={"name": "name"},
        where=lambda streams, wanted: streams.filter(state__in=plain(wanted)["states"]),
        order=AuditStreamOrder,
    )


class StreamChanges:
    """Changes of streams."""

    create_audit_stream = Create(
        AuditStreamType,
        input=CreateAuditStreamInput,
        by=lambda **told: _create(**_told(told)),
        description="Let sealed logs go to another system.",
    )
    update_audit_stream = Update(
        AuditStreamType,
        input=UpdateAuditStreamInput,
        by=lambda **told: update_stream(**_told(told)),
        description="Change where, how or which logs go; it goes on at its position.",
    )
    delete_audit_stream = Delete(
        AuditStreamType,
        input=DeleteAuditStreamInput,
        by=remove_stream,
        description="Send nothing more, ever.",
    )
    pause_audit_stream = Update(
        AuditStreamType,
        input=PauseAuditStreamInput,
        by=pause_stream,
        description="Send nothing more until it is resumed; logs wait in their places.",
    )
    resume_audit_stream = Update(
        AuditStreamType,
        input=ResumeAuditStreamInput,
        by=resume_stream,
        description="Go on where it stood, also one that was disabled.",
    )
    replay_audit_stream = Update(
        AuditStreamType,
        input=ReplayAuditStreamInput,
        by=resume_stream,
        description="Send again from a position on; a stream that was paused goes on with it.",
    )
    test_audit_stream = _Test(
        AuditStreamType,
        input=TestAuditStreamInput,
        by=lambda id: send_test(parse_id(id)),  # noqa: A006  the argument's name is part of the API
        description="Send one message that tells of nothing, and say whether it has arrived.",
    )


def _create(*, secret: str | None = None, **told: Any) -> AuditStream:
    # One that was made here would be known to nobody.
    return create_stream(secret=secret or "", **told)[0]


def _told(sent: dict[str, Any]) -> Any:
    told = plain(sent)
    if "filter" in told:
        told["query"] = query(told.pop("filter")).told()
    return told
