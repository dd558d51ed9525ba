"""What callers send, and how it becomes an entry."""

from typing import Any

import graphene

from apps.audit.access import PERSONAL
from apps.audit.domain.entries import Actor, Change, Context, Entry, Personal, Target
from apps.audit.domain.queries import LogQuery, QueryError
from apps.audit.selectors.subjects import named_by
from kernel.errors import InvalidInputError
from kernel.federation.mutations import ChangeInput
from kernel.federation.scalars import JSON
from kernel.tenancy.context import require


class AuditActorInput(graphene.InputObjectType):
    """Who did it."""

    type = graphene.String(required=True)
    id = graphene.String(required=True)
    name = graphene.String()


class AuditTargetInput(graphene.InputObjectType):
    """What it was done to."""

    type = graphene.String(required=True)
    id = graphene.String(required=True)
    name = graphene.String()


class AuditContextInput(graphene.InputObjectType):
    """Where it came from."""

    ip_address = graphene.String()
    user_agent = graphene.String()
    location = graphene.String()
    request_id = graphene.String()


class AuditChangeInput(graphene.InputObjectType):
    """One field before and after."""

    field = graphene.String(required=True)
    before = JSON()
    after = JSON()


class AuditPersonalInput(graphene.InputObjectType):
    """Which fields tell of a person: only they are kept so that they can be erased."""

    subject = graphene.String(
        required=True, description="Who it is, by an id of yours; found and erased by it."
    )
    fields = graphene.List(
        graphene.NonNull(graphene.String),
        required=True,
        description="JSON pointers, such as `/actor/name` or `/metadata/email`.",
    )


_WAIT = (
    "True has the receipt in the answer, once the log is sealed; AUDIT_NOT_SEALED stands beside a"
    " log for which that takes more than some seconds."
)


class CreateAuditLogInput(ChangeInput):
    """One thing that happened."""

    action = graphene.String(required=True, description="Such as `invoice.approved`.")
    occurred_at = graphene.DateTime(required=True, description="With a time zone.")
    actor = AuditActorInput(required=True)
    targets = graphene.List(graphene.NonNull(AuditTargetInput))
    context = AuditContextInput()
    changes = graphene.List(graphene.NonNull(AuditChangeInput))
    metadata = JSON(description="An object of your own.")
    idempotency_key = graphene.String(description="The same key and entry is recorded once.")
    personal = graphene.List(
        graphene.NonNull(AuditPersonalInput), description="What is to be kept under lock."
    )
    wait_sealed = graphene.Boolean(description=_WAIT)


class CreateAuditLogsInput(ChangeInput):
    """Many things that happened."""

    logs = graphene.List(graphene.NonNull(CreateAuditLogInput), required=True)
    all_or_nothing = graphene.Boolean(
        description="True records nothing at all when one entry has an error."
    )
    wait_sealed = graphene.Boolean(description=_WAIT)


class AuditLogFilter(graphene.InputObjectType):
    """Which logs; every part that is given has to fit."""

    actor_type = graphene.String()
    actor_id = graphene.String()
    actor_name = graphene.String()
    actions = graphene.List(graphene.NonNull(graphene.String), description="At most 100.")
    target_type = graphene.String()
    target_id = graphene.String()
    occurred_from = graphene.DateTime(description="This moment or later.")
    occurred_before = graphene.DateTime()
    subject = graphene.String(
        description="Logs with something personal of this subject; takes audit:personal."
    )
    text = graphene.String(description="Words, or beginnings of words, that all occur.")
    containing = graphene.String(
        description="Parts of words, of 3 characters or more, that all occur. Where an operator"
        " has switched that search on."
    )
    metadata = JSON(description="An object that the metadata contain; lists in any order.")
    ip_address = graphene.String()
    request_id = graphene.String()


class EraseAuditSubjectInput(ChangeInput):
    """Whose personal fields go."""

    subject = graphene.String(required=True)
    reason = graphene.String(description="Kept for ever in the log: name nobody in it.")
    dry_run = graphene.Boolean(description="Erase nothing, and tell what would be.")


class AuditLogOrder(graphene.Enum):
    """In which order logs are listed."""

    NEWEST_FIRST = ("-occurred_at", "-id")
    OLDEST_FIRST = ("occurred_at", "id")


def query(told: dict[str, Any] | None) -> LogQuery:
    """Return what this filter looks for; raises InvalidInputError, or ForbiddenError."""
    wanted = dict(told or {})
    if (subject := wanted.pop("subject", None)) is not None:
        require(PERSONAL)
        wanted["subject_key"] = named_by(subject)
    try:
        return LogQuery.of(wanted)
    except QueryError as error:
        raise InvalidInputError(str(error)) from None


def entry(data: dict[str, Any]) -> Entry:
    """Return the entry that this input tells of."""
    metadata = data.get("metadata")
    return Entry(
        action=data["action"],
        occurred_at=data["occurred_at"],
        actor=Actor(**given(data["actor"])),
        targets=tuple(Target(**given(target)) for target in data.get("targets") or ()),
        context=Context(**given(data.get("context") or {})),
        changes=tuple(Change(**change) for change in data.get("changes") or ()),
        metadata={} if metadata is None else metadata,
        idempotency_key=data.get("idempotency_key"),
        personal=tuple(
            Personal(subject=one["subject"], fields=tuple(one["fields"]))
            for one in data.get("personal") or ()
        ),
    )


def given(data: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that were sent: one sent as null and one not sent are the same."""
    return {name: value for name, value in data.items() if value is not None}


def plain(told: dict[str, Any]) -> dict[str, Any]:
    """Return fields with the values of enums in place of their members, in lists too."""
    return {
        name: [getattr(one, "value", one) for one in value]
        if isinstance(value, list)
        else getattr(value, "value", value)
        for name, value in told.items()
    }
