"""The chores that this process offers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from contracts.chores import Chore, Work
from kernel.errors import NotFoundError

#: Is given the parameters, in a transaction, as whoever asks; returns what came of it, as JSON.
Doer: TypeAlias = Callable[[Mapping[str, Any]], Mapping[str, Any]]
#: Is given what a doer returned, and says how the work stands that it began. What it is given may
#: have come from outside: it looks at rows of the tenant alone.
Follower: TypeAlias = Callable[[Mapping[str, Any]], Work]
#: Is given the same, and takes that work back if it has not ended.
Stopper: TypeAlias = Callable[[Mapping[str, Any]], object]


@dataclass(frozen=True, slots=True)
class Registered:
    """A chore, and the functions of its app."""

    chore: Chore
    do: Doer
    follow: Follower | None = None
    stop: Stopper | None = None


_REGISTRY: dict[str, Registered] = {}


def chore(
    offered: Chore, *, follow: Follower | None = None, stop: Stopper | None = None
) -> Callable[[Doer], Doer]:
    """Let a function be asked for by the name of a chore; ValueError if it is taken.

    Of work that it begins and that goes on, `follow` tells how that stands and `stop` ends it.
    """

    def register(do: Doer) -> Doer:
        present = _REGISTRY.get(offered.name)
        if present is not None and present.do is not do:
            raise ValueError(f"two chores are called {offered.name}")
        told = replace(offered, followed=follow is not None)
        _REGISTRY[offered.name] = Registered(told, do, follow, stop)
        return do

    return register


def registered(name: str) -> Registered:
    """Return the chore of this name; raises NotFoundError."""
    if name not in _REGISTRY:
        raise NotFoundError(f"no chore {name[:100]}")
    return _REGISTRY[name]


def chores_of(service: str) -> list[Chore]:
    """Return those of an app, by their names."""
    return [one.chore for name, one in sorted(_REGISTRY.items()) if one.chore.service == service]
