"""Many values at once, as a file holds them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from apps.config.domain.findings import InvalidDefinitionError
from apps.config.domain.limits import Limits
from apps.config.domain.yaml import read_yaml
from apps.config.errors import DefinitionRefusedError
from apps.config.models import ConfigurationType, ValueOrigin
from apps.config.selectors.configurations import configurations_of
from apps.config.selectors.places import Place
from apps.config.services.configurations import create_configuration
from apps.config.services.values import Published, Saying, json_text, say
from kernel.errors import InvalidInputError
from kernel.tenancy.context import PLATFORM

#: Of a YAML document; each value has limits of its own.
LIMITS = Limits(definition_bytes=1_000_000, depth=20, nodes=50_000)

_TYPES: tuple[tuple[type, ConfigurationType], ...] = (
    (bool, ConfigurationType.BOOLEAN),
    (int, ConfigurationType.INTEGER),
    (float, ConfigurationType.NUMBER),
    (str, ConfigurationType.STRING),
    (dict, ConfigurationType.OBJECT),
    (list, ConfigurationType.LIST),
)


@transaction.atomic
def import_values(
    place: Place,
    values: Any,
    *,
    create_missing: bool = False,
    reason: str = "",
    dry_run: bool = False,
) -> tuple[Sequence[str], Published]:
    """Say all of these, or none of them; return their keys with what became of each.

    A dry run tells the same and changes nothing.

    With `create_missing` there is a configuration afterwards for each of them, in a place of the
    installation's one for all tenants. Raises as `say` and `create_configuration` do.
    """
    if not isinstance(values, Mapping):
        raise InvalidInputError("values are an object of values by key")
    if create_missing:
        known = configurations_of(place, list(values))
        for key, value in values.items():
            if key not in known:
                shared = place.tenant_id == PLATFORM
                create_configuration(key=key, type=_type(key, value), shared=shared)
    sayings = [
        Saying(key=key, value=None if value is None else json_text(value, key))
        for key, value in values.items()
    ]
    published = say(place, sayings, reason=reason, origin=ValueOrigin.IMPORT)
    if dry_run:
        transaction.set_rollback(True)
    return list(values), published


def values_in_yaml(text: str) -> Any:
    """Return what a document says; raises DefinitionRefusedError with the line."""
    try:
        return read_yaml(text, LIMITS)
    except InvalidDefinitionError as error:
        raise DefinitionRefusedError(error.findings) from None


def _type(key: str, value: Any) -> str:
    for python, type_ in _TYPES:
        if isinstance(value, python):
            return type_
    raise InvalidInputError(f"{key[:200]!r}: null says nothing of what it is")
