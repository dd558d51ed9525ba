"""The chores that this process offers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from contracts.chores import Chore
from kernel.errors import NotFoundError

#: Is given the parameters, in a transaction, as whoever asks; returns what came of it, as JSON.
Doer: TypeAlias = Callable[[Mapping[str, Any]], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Registered:
    """A chore, and the function of its app."""

    chore: Chore
    do: Doer


_REGISTRY: dict[str, Registered] = {}


def chore(offered: Chore) -> Callable[[Doer], Doer]:
    """Let a function be asked for by the name of a chore; ValueError if it is taken."""

    def register(do: Doer) -> Doer:
        present = _REGISTRY.get(offered.name)
        if present is not None and present.do is not do:
            raise ValueError(f"two chores are called {offered.name}")
        _REGISTRY[offered.name] = Registered(offered, do)
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
