"""All events there are."""

from importlib import import_module
from pkgutil import iter_modules

import contracts
from contracts.event import REGISTRY, Event

# A module of events needs no mention anywhere else.
_MODULES = {
    import_module(f"contracts.{found.name}").__name__
    for found in iter_modules(contracts.__path__)
    if f"contracts.{found.name}" != __name__
}


def event_types() -> dict[str, type[Event]]:
    """Return every event class of the contracts by its type, in order."""
    return {
        type_: REGISTRY[type_]
        for type_ in sorted(REGISTRY)
        if REGISTRY[type_].__module__ in _MODULES
    }
