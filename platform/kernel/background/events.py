"""Events in the graph: a tenant's dead letters of a service, and for staff its consumer groups.

`filesDeadLetters`, `filesReplayDeadLetters`, `filesDiscardDeadLetters`; `filesConsumerGroups`,
`filesPauseConsumerGroup`, `filesResumeConsumerGroup`, `filesReplayEvents`, and so on.
"""

from collections.abc import Callable, Sequence
from typing import Any, cast

import graphene
from django.db.models import QuerySet

from kernel.background.of_service import OfService
from kernel.background.staff import StaffChange, StaffList
from kernel.errors import DomainError, InvalidInputError, NotFoundError
from kernel.events.control import pause, resume
from kernel.events.groups import known_group
from kernel.events.here import transport
from kernel.events.models import Redelivery, RedeliveryState, Replay
from kernel.events.replay import count, discard_dead, replay_dead
from kernel.events.replay_job import start
from kernel.events.selectors import GroupState, group_states
from kernel.federation.directives import shareable
from kernel.federation.entities import Entity
from kernel.federation.fields import Many
from kernel.federation.mutations import Bulk, ByIds, ChangeInput
from kernel.federation.outcomes import MutationError
from kernel.federation.scalars import JSON
from kernel.federation.subgraph import RootFields
from kernel.rows import check_count
from kernel.tenancy.context import current_tenant_id

#: Who may pause a group in the back office may do so here.
PERMISSION = "events.change_consumergroup"


@shareable
class DeadLetter(Entity):
    """An event that a consumer group could not handle, and that is not tried again by itself."""

    class Meta:
        model = Redelivery
        name = "DeadLetter"
        fields = (
            "id",
            "type",
            "group",
            "attempts",
            "error_code",
            "first_failed_at",
            "last_failed_at",
        )

    id = graphene.ID(required=True)
    event_id = graphene.ID(required=True)
    error_message = graphene.String(required=True)
    event = JSON(required=True, description="The CloudEvent as it came.")

    @staticmethod
    def resolve_id(row: Redelivery, _info: Any) -> str:  # type: ignore[override]  # no method there
        # A number in the table, and a text in the graph as every id.
        return str(row.pk)

    @staticmethod
    def resolve_error_message(row: Redelivery, _info: Any) -> str:
        if row.error_code == DomainError.code:
            return "something went wrong here; the log has the reason under the id of the event"
        return row.error_message

    @staticmethod
    def resolve_event(row: Redelivery, _info: Any) -> Any:
        return row.envelope


class DeadLetterOrder(graphene.Enum):
    """In which order dead letters are listed."""

    NEWEST_FIRST = ("-id",)
    OLDEST_FIRST = ("id",)


class DeadLetterFilter(graphene.InputObjectType):
    """Which dead letters; every part that is given has to fit."""

    group = graphene.String()
    type = graphene.String(description="Such as `files.file.deleted.v1`.")
    error_code = graphene.String()


LOOKUPS = {"group": "group", "type": "type", "error_code": "error_code"}


class ReplayDeadLettersInput(ByIds):
    """The dead letters to be handled again, from their first attempt."""


class DiscardDeadLettersInput(ByIds):
    """The dead letters that need never be handled."""


@shareable
class ConsumerGroup(graphene.ObjectType):
    """Handlers that share one place in the log; of all tenants, so it is shown to staff only."""

    name = graphene.String(required=True)
    ordered = graphene.Boolean(required=True)
    types = graphene.Int(required=True, description="Types of events that it handles.")
    lag_events = graphene.Int(
        description="Counted up to 100,000; null while brokers do not answer."
    )
    lag_seconds = graphene.Float(required=True, description="How long the oldest has waited.")
    waiting_again = graphene.Int(required=True)
    dead = graphene.Int(required=True)
    moved_at = graphene.DateTime()
    paused = graphene.Boolean(required=True)
    paused_at = graphene.DateTime()
    paused_by = graphene.String(required=True)

    @staticmethod
    def resolve_name(state: GroupState, _info: Any) -> str:
        return state.group


class PauseConsumerGroupInput(ChangeInput):
    """The group that is to handle nothing until it is resumed."""

    group = graphene.String(required=True)


class ResumeConsumerGroupInput(ChangeInput):
    """The paused group that is to go on where it was."""

    group = graphene.String(required=True)


@shareable
class ConsumerGroupPayload(graphene.ObjectType):
    """What became of a group, or why nothing was changed."""

    changed = graphene.Boolean(description="False when it was so before.")
    error = graphene.Field(MutationError)


class ReplayEventsInput(ChangeInput):
    """Events to be given to one group once more: of a time, or its dead letters."""

    group = graphene.String(required=True)
    since = graphene.DateTime(description="From this time on, by the events' own time.")
    until = graphene.DateTime(description="Before this time; until now if not said.")
    dead_letters = graphene.Boolean(description="The group's dead letters instead.")
    type = graphene.String(description="Only events of this type.")
    error_code = graphene.String(description="Only dead letters with this code.")
    again = graphene.Boolean(description="Also events that the group has handled.")
    per_second = graphene.Int(description="At most so many a second.")
    dry_run = graphene.Boolean(description="Only count them.")


@shareable
class ReplayEventsPayload(graphene.ObjectType):
    """How many events are given to the group, or why none is."""

    replay_id = graphene.ID(description="Null for a dry run.")
    count = graphene.Int(description="Counted up to 100,000.")
    error = graphene.Field(MutationError)


class _LettersOf(OfService):
    ENTITY = DeadLetter

    def every(self) -> QuerySet[Redelivery]:
        return Redelivery.objects.filter(
            tenant_id=current_tenant_id(), group__startswith=f"{self.service}."
        )

    def rows(self) -> QuerySet[Redelivery]:
        return self.every().filter(state=RedeliveryState.DEAD)


class _Letters(Many):
    def __init__(self, letters: _LettersOf) -> None:
        super().__init__(
            DeadLetter,
            filter=DeadLetterFilter,
            lookups=LOOKUPS,
            order=DeadLetterOrder,
            description="Events that a group of this service could not handle.",
        )
        self.entity = cast("type[Entity]", letters)


class _Settle(Bulk):
    """Does something to dead letters; each is shown as it was."""

    removes = True

    def __init__(
        self,
        letters: _LettersOf,
        takes: type[ByIds],
        act: Callable[[QuerySet[Redelivery]], int],
    ) -> None:
        self._letters = letters
        self._act = act
        super().__init__(
            DeadLetter, input=takes, by=self._done, description=takes._meta.description
        )
        self.entity = cast("type[Entity]", letters)
        self.scope = f"{letters.service}:write"

    def _done(self, *, ids: Sequence[str]) -> list[Redelivery | DomainError]:
        check_count("ids", ids)
        keys = [int(one) for one in ids if one.isdecimal() and len(one) < 19]
        found = {str(key): row for key, row in self._letters.rows().in_bulk(keys).items()}
        self._act(self._letters.rows().filter(pk__in=[row.pk for row in found.values()]))
        return [
            found.get(one)
            or (
                NotFoundError(f"no dead letter {one}")
                if one.isdecimal()
                else InvalidInputError(f"the id of a dead letter is a number, found {one[:40]!r}")
            )
            for one in ids
        ]


def _group_of(service: str, name: str) -> str:
    """Return the name of a group of the service; raises NotFoundError."""
    if not name.startswith(f"{service}."):
        raise NotFoundError(f"no consumer group {name[:100]} of {service}")
    return known_group(name).name


def _replay(service: str, *, group: str, dry_run: bool | None = None, **given: Any) -> Any:
    wanted = {name: value for name, value in given.items() if value is not None}
    replay = Replay(
        group=_group_of(service, group), dead=wanted.pop("dead_letters", False), **wanted
    )
    if dry_run:
        return {"replay_id": None, "count": count(transport(), replay)}
    started = start(replay)
    return {"replay_id": str(started.pk), "count": started.total}


def events_of(service: str) -> RootFields:
    """Return the root fields by which the events that a service handles are looked after."""
    letters = _LettersOf(service)

    def groups() -> list[GroupState]:
        mine = f"{service}."
        return [one for one in group_states(transport()) if one.group.startswith(mine)]

    return RootFields(
        query={
            f"{service}_dead_letters": _Letters(letters),
            f"{service}_consumer_groups": StaffList(
                ConsumerGroup,
                permission=PERMISSION,
                of=groups,
                description="The consumer groups of this service; for staff.",
            ),
        },
        mutation={
            f"{service}_replay_dead_letters": _Settle(letters, ReplayDeadLettersInput, replay_dead),
            f"{service}_discard_dead_letters": _Settle(
                letters, DiscardDeadLettersInput, discard_dead
            ),
            f"{service}_pause_consumer_group": StaffChange(
                ConsumerGroupPayload,
                takes=PauseConsumerGroupInput,
                permission=PERMISSION,
                by=lambda group: {"changed": pause(_group_of(service, group))},
            ),
            f"{service}_resume_consumer_group": StaffChange(
                ConsumerGroupPayload,
                takes=ResumeConsumerGroupInput,
                permission=PERMISSION,
                by=lambda group: {"changed": resume(_group_of(service, group))},
            ),
            f"{service}_replay_events": StaffChange(
                ReplayEventsPayload,
                takes=ReplayEventsInput,
                permission=PERMISSION,
                by=lambda **wanted: _replay(service, **wanted),
            ),
        },
    )
