"""Values in change requests: proposed, and joined with what others have said since."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from apps.config.domain.configuration.layering import Layer
from apps.config.domain.configuration.values import LIMITS
from apps.config.domain.differences import MISSING, merge
from apps.config.domain.findings import InvalidDefinitionError, under
from apps.config.domain.parsing import read
from apps.config.errors import DefinitionRefusedError
from apps.config.models import (
    ChangeRequest,
    ConfigurationValue,
    Environment,
    ProposedValue,
)
from apps.config.selectors.configurations import configurations_of, parsed, values_in, versions
from apps.config.selectors.places import Place, place_at
from apps.config.services.values import MOST_AT_ONCE, Saying, require_secret, seals
from kernel.errors import InvalidInputError, LimitExceededError, NotFoundError
from kernel.secrets.reading import read_secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueProposal:
    """What is to be said of a key: its value in JSON, or None to say nothing any more."""

    key: str
    value: str | None
    #: Empty for all services of the environment.
    service: str = ""
    #: The version that it was made from; the current one if nothing is said.
    base: int | None = None


def propose_values(request: ChangeRequest, values: Sequence[ValueProposal]) -> None:
    """Let a request have these values.

    Raises NotFoundError for a key of which nothing can be said, ForbiddenError for a secret without
    `config:secret`, InvalidInputError, DefinitionRefusedError for what is no JSON.
    """
    if len(values) > MOST_AT_ONCE:
        raise LimitExceededError(f"at most {MOST_AT_ONCE} values at once, found {len(values)}")
    if len({(one.service, one.key) for one in values}) < len(values):
        raise InvalidInputError("a key comes twice")
    environment = request.environment.key
    for service in dict.fromkeys(one.service for one in values):
        layer = Layer.SERVICE if service else Layer.TENANT
        place = place_at(layer, environment, service)
        _propose(request, place, [one for one in values if one.service == service])


def merged_values(
    held: Environment, request: ChangeRequest
) -> tuple[dict[Place, list[Saying]], list[str]]:
    """Return what a request is to say in each place, and the values that others changed too."""
    places: dict[Place, list[Saying]] = {}
    conflicts: list[str] = []
    proposed: dict[str, list[ProposedValue]] = {}
    for one in request.values.order_by("service", "key"):
        proposed.setdefault(one.service, []).append(one)
    for service, rows in proposed.items():
        place = Place(held.tenant_id, held.key, service)
        current = values_in(place, [one.key for one in rows])
        for one in rows:
            text, places_met = _joined(place, one, current.get(one.key))
            conflicts += [under("", "values", one.key) + met for met in places_met]
            places.setdefault(place, []).append(Saying(key=one.key, value=text))
    return places, conflicts


def _propose(request: ChangeRequest, place: Place, values: Sequence[ValueProposal]) -> None:
    keys = [one.key for one in values]
    configurations, current = configurations_of(place, keys), values_in(place, keys)
    rows = []
    for one in values:
        if one.key not in configurations:
            raise NotFoundError(f"no configuration {one.key[:200]!r}")
        require_secret(configurations[one.key])
        _check_json(one)
        number = current[one.key].number if one.key in current else 0
        row = ProposedValue(
            request=request,
            key=one.key,
            service=one.service,
            base=number if one.base is None else one.base,
            value=one.value or "",
        )
        if seals(configurations[one.key], one.value):
            row.value, row.sealed = "", str(orjson.loads(one.value or ""))
        rows.append(row)
    ProposedValue.objects.bulk_create(rows)


def _check_json(one: ValueProposal) -> None:
    if one.value is None:
        return
    try:
        read(one.value, LIMITS)
    except InvalidDefinitionError as error:
        raise DefinitionRefusedError(error.findings) from None


def _joined(
    place: Place, proposed: ProposedValue, now: ConfigurationValue | None
) -> tuple[str | None, tuple[str, ...]]:
    """Return the text to say, and at which places others have changed the value too."""
    sealed = proposed.sealed is not None
    ours = _opened(proposed) if sealed else proposed.value
    number = now.number if now else 0
    if number == proposed.base:
        return ours or None, ()
    before = versions(place, proposed.key).filter(number=proposed.base).first()
    if sealed or (now and now.sealed) or (before and before.sealed):
        # Nobody can tell what became of an encrypted secret.
        return None, ("",)
    was, theirs = before.value if before else "", now.value if now else ""
    found = merge(_parsed(was), _parsed(ours), _parsed(theirs))
    merged = None if found.merged is MISSING else json.dumps(found.merged, ensure_ascii=False)
    return merged, found.conflicts


def _opened(proposed: ProposedValue) -> str:
    return json.dumps(read_secret(proposed, "sealed", purpose="apply a request", shown=False))


def _parsed(text: str) -> Any:
    return parsed(text) if text else MISSING
