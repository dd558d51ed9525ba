"""Handlers of events, in the groups that keep track of what has been handled."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from contracts.event import Event

E = TypeVar("E", bound=Event)
Handler = Callable[[Any], None]

_NAME = re.compile(r"[a-z]+\.[a-z_]+")


@dataclass(slots=True)
class Group:
    """Handlers that share one place in the log: each event of theirs is handled once for all."""

    #: `<app>.<purpose>`
    name: str
    #: Later events of a key wait until the earlier ones have succeeded.
    ordered: bool
    handlers: dict[str, Handler] = field(default_factory=dict)


GROUPS: dict[str, Group] = {}


def consumes(
    *events: type[E], group: str, ordered: bool = False
) -> Callable[[Callable[[E], None]], Callable[[E], None]]:
    """Let a function handle these events for a group, `<app>.<purpose>`.

    It is called at least once for each event, in the event's tenant, inside a transaction that
    also remembers that it was called. What leaves the database (a mail, a call) is for a job that
    it enqueues. Of a group that is not `ordered`, a failed event is overtaken by later ones.
    """
    if not _NAME.fullmatch(group):
        raise ValueError(f"a consumer group is called <app>.<purpose>, found {group}")

    def register(handler: Callable[[E], None]) -> Callable[[E], None]:
        known = GROUPS.setdefault(group, Group(group, ordered))
        if known.ordered != ordered:
            raise ValueError(f"the group {group} is either ordered or not, in all its handlers")
        for event in events:
            other = known.handlers.get(event.TYPE, handler)
            if other is not handler:
                raise ValueError(f"two handlers of the group {group} take {event.TYPE}")
            known.handlers[event.TYPE] = handler
        return handler

    return register


def groups_of(names: Iterable[str] | None = None) -> list[Group]:
    """Return the groups that have handlers in this process: these, or all; raises LookupError."""
    if names is None:
        return list(GROUPS.values())
    wanted = list(names)
    if unknown := sorted(set(wanted) - set(GROUPS)):
        known = ", ".join(sorted(GROUPS)) or "none"
        raise LookupError(f"no consumer group {', '.join(unknown)} here; there are {known}")
    return [GROUPS[name] for name in wanted]
