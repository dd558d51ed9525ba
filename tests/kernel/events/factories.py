"""Events and groups for tests."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from django.db import transaction

from contracts.event import Event
from kernel.events.publishing import publish
from kernel.events.registry import Group, consumes, groups_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved(Event):
    """A thing of a test has moved on."""

    TYPE: ClassVar[str] = "tests.thing.moved.v1"
    ENTITY: ClassVar[str] = "Thing"
    SUBJECT: ClassVar[str] = "thing"

    thing: str
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped(Event):
    """A thing of a test stands still; nobody wants to know."""

    TYPE: ClassVar[str] = "tests.thing.stopped.v1"
    ENTITY: ClassVar[str] = "Thing"
    SUBJECT: ClassVar[str] = "thing"

    thing: str


#: A thing and its step.
Seen = tuple[str, int]


def tell(*steps: Seen) -> None:
    """Publish that things have moved, each in a transaction of its own."""
    for thing, step in steps:
        with transaction.atomic():
            publish(Moved(thing=thing, step=step))


def group(
    name: str = "tests.watch", *, ordered: bool = False, fails: Callable[[Seen], None] | None = None
) -> list[Seen]:
    """Make a group whose handler keeps what it has handled in the list that is returned."""
    seen: list[Seen] = []

    @consumes(Moved, group=name, ordered=ordered)
    def watch(event: Moved) -> None:
        if fails is not None:
            fails((event.thing, event.step))
        seen.append((event.thing, event.step))

    return seen


def only_group() -> Group:
    """Return the one group there is."""
    (found,) = groups_of()
    return found


class Failing:
    """Fails for some events, until the test says otherwise."""

    def __init__(self, *seen: Seen, error: Exception | None = None) -> None:
        self.for_ = set(seen)
        self.error = error or RuntimeError("not today")
        self.tried: list[Seen] = []

    def __call__(self, seen: Seen) -> None:
        """Raise for the events that it fails for."""
        self.tried.append(seen)
        if seen in self.for_:
            raise self.error
