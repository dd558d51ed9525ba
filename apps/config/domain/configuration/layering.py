"""Layers of values: what is said for fewer wins, whole or member by member; who said it is kept."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from apps.config.domain.findings import under


class Layer(StrEnum):
    """For whom a value is said, from everybody to one service."""

    #: The whole installation.
    GLOBAL = "global"
    #: Every tenant's environment of one key.
    ENVIRONMENT = "environment"
    #: One environment of one tenant.
    TENANT = "tenant"
    #: One service in that.
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Said:
    """A value as a layer says it, under the number of its version."""

    layer: Layer
    value: Any
    number: int


@dataclass(frozen=True, slots=True)
class Resolved:
    """What holds: the value, the layer that said it last, and of members who said each."""

    value: Any
    origin: Layer
    #: By JSON pointer, for a value that is merged.
    origins: Mapping[str, Layer] = field(default_factory=dict)


def resolve(said: Iterable[Said], *, merge: bool) -> Resolved | None:
    """Return what holds of these, told from the widest layer to the narrowest; None of none.

    With `merge` objects are put together as JSON Merge Patch (RFC 7396) does: member by member,
    lists as a whole, and null takes a member away.
    """
    found: Resolved | None = None
    for one in said:
        if merge and isinstance(one.value, dict):
            below = found.value if found and isinstance(found.value, dict) else {}
            origins = dict(found.origins) if found else {}
            value = _merged(below, one.value, "", one.layer, origins)
            found = Resolved(value, one.layer, origins)
        else:
            found = Resolved(one.value, one.layer)
    return found


def _merged(
    below: dict[str, Any],
    above: dict[str, Any],
    place: str,
    layer: Layer,
    origins: dict[str, Layer],
) -> dict[str, Any]:
    merged = dict(below)
    for name, value in above.items():
        inside = under(place, name)
        kept = merged.get(name)
        if isinstance(value, dict):
            if not isinstance(kept, dict):
                _forget(inside, origins)
                kept = {}
            merged[name] = _merged(kept, value, inside, layer, origins)
            if not merged[name]:
                origins[inside] = layer
            else:
                origins.pop(inside, None)
            continue
        _forget(inside, origins)
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = value
            origins[inside] = layer
    return merged


def _forget(place: str, origins: dict[str, Layer]) -> None:
    for known in [one for one in origins if one == place or one.startswith(f"{place}/")]:
        del origins[known]
