"""What a schema would have said of logs that are there already."""

from dataclasses import dataclass
from typing import Any

from apps.audit.domain.entries import Actor, Change, Context, Entry, Target
from apps.audit.domain.schemas import SchemaError, Violation, compiled, violation
from apps.audit.models import AuditLog
from kernel.errors import InvalidInputError

#: Logs that a schema is tried on, the newest of its action.
TRIED = 500
#: Ways not to fit that are told.
MOST_TOLD = 5


@dataclass(frozen=True, slots=True)
class Trial:
    """How many logs were looked at, how many do not fit, and the first of each way not to."""

    tried: int
    misfits: int
    told: tuple[Violation, ...]


def trial(action: str, schema: Any) -> Trial:
    """Hold the newest live logs of an action to a schema; raises InvalidInputError for no schema.

    What was personal in them is empty by now, and may for that not fit.
    """
    try:
        validator = compiled(schema)
    except SchemaError as error:
        raise InvalidInputError(str(error)) from None
    logs = list(AuditLog.objects.filter(action=action).order_by("-id")[:TRIED])
    found = [one for log in logs if (one := violation(validator, entry_of(log)))]
    first = {one.path: one for one in reversed(found)}
    return Trial(len(logs), len(found), tuple(first.values())[:MOST_TOLD])


def entry_of(log: AuditLog) -> Entry:
    """Return the entry that a log was made of, as far as it is in clear."""
    return Entry(
        action=log.action,
        occurred_at=log.occurred_at,
        actor=Actor(type=log.actor_type, id=log.actor_id, name=log.actor_name),
        targets=tuple(Target(**one) for one in log.targets),
        context=Context(**log.context),
        changes=tuple(Change(**one) for one in log.changes),
        metadata=log.metadata,
    )
