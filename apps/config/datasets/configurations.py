"""Configurations as rows for import and export, with the values that are said in places.

What a secret is, is neither told nor imported.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from apps.config.datasets.definitions import REASON
from apps.config.domain.configuration.layering import Layer
from apps.config.models import (
    Configuration,
    ConfigurationRevision,
    ConfigurationType,
    ConfigurationValue,
    ValueOrigin,
)
from apps.config.selectors.places import Place, place_at
from apps.config.services.configurations import (
    create_configuration,
    delete_configuration,
    update_configuration,
)
from apps.config.services.values import Saying, say
from contracts.datasets import Dataset, Field, Kind, Mode, Row
from kernel.datasets.pages import Rows
from kernel.datasets.registry import Change, Key, register
from kernel.datasets.writing import together
from kernel.errors import ConflictError, InvalidInputError

_DESCRIBED = ("schema", "description", "owner")
#: What programs rely on.
_FIXED = ("type", "secret", "merge")

CONFIGURATIONS = Dataset(
    name="config.configurations",
    title="Configurations",
    description="What programs ask for by its key, and what is said of it in each place.",
    key=("key",),
    modes=frozenset(Mode),
    read_scope="config:read",
    write_scope="config:write",
    filters=("type", "owner"),
    most_rows=100,
    fields=(
        Field(name="key", title="Key", required=True, max_length=200),
        Field(name="type", title="Type", required=True, choices=tuple(ConfigurationType.values)),
        Field(name="schema", title="JSON Schema", description="As its text; empty for none."),
        Field(name="description", title="Description", max_length=1000),
        Field(name="owner", title="Owner", max_length=200),
        Field(name="secret", title="Secret", kind=Kind.BOOLEAN),
        Field(
            name="merge",
            title="Merged",
            description="Whether objects of several layers are put together.",
            kind=Kind.BOOLEAN,
        ),
        Field(
            name="values",
            title="Values",
            description=(
                "What is said of it, by environments, or `environment/service`: an object. Empty of"
                " a secret."
            ),
            kind=Kind.JSON,
        ),
        Field(name="created_at", title="Created", kind=Kind.DATETIME, read_only=True),
    ),
)


def _tell(configurations: Sequence[Configuration]) -> list[Row]:
    values = _values_of([one.key for one in configurations if not one.secret])
    return [
        {
            "id": str(one.pk),
            "key": one.key,
            **{name: getattr(one, name) for name in (*_DESCRIBED, *_FIXED)},
            "values": values.get(one.key, {}),
            "created_at": one.created_at.isoformat(),
        }
        for one in configurations
    ]


def _values_of(keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return what is said of each of these keys, by places."""
    rows = ConfigurationValue.objects.filter(key__in=keys).exclude(value="")
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for row in rows.order_by("environment", "service"):
        found[row.key]["/".join(filter(None, (row.environment, row.service)))] = json.loads(
            row.value
        )
    return found


def _find(keys: Sequence[Key]) -> list[Row]:
    found = rows.find(keys)
    # Values are changed by who holds the revision of their place.
    list(_revisions())
    return rows.find(keys) if found else []


def _revisions() -> QuerySet[ConfigurationRevision]:
    return ConfigurationRevision.objects.select_for_update().order_by("environment")


def _write(changes: Sequence[Change]) -> None:
    sayings: dict[Place, list[Saying]] = defaultdict(list)
    for change in changes:
        _describe(change)
        before = change.before["values"] if change.before else {}
        for where, value in _said(change).items():
            if where not in before or before[where] != value:
                sayings[_place(where)].append(_saying(change.row["key"], value))
    for place, some in sayings.items():
        say(place, some, reason=REASON, origin=ValueOrigin.IMPORT)


def _describe(change: Change) -> None:
    """Make or describe the configuration of a row."""
    row, before, changed = change.row, change.before, change.changed
    told = {name: changed[name] for name in _DESCRIBED if name in changed}
    if before is None:
        fixed = {name: row[name] for name in _FIXED if name in row}
        create_configuration(key=row["key"], **fixed, **told)
        return
    for name in _FIXED:
        if name in changed:
            raise ConflictError(f"{name} is {before[name]} for ever: programs rely on it")
    if told:
        update_configuration(id=before["id"], **told)


def _said(change: Change) -> dict[str, Any]:
    """Return what is to be said by places; null where something was said, and nothing is to be."""
    given = change.changed.get("values", {})
    if not isinstance(given, dict):
        raise InvalidInputError("values are an object, by environments or environment/service")
    if given and {**(change.before or {}), **change.row}.get("secret"):
        raise InvalidInputError("what a secret is, is not imported")
    before = change.before["values"] if change.before and "values" in change.changed else {}
    return {**dict.fromkeys(before), **given}


def _saying(key: str, value: Any) -> Saying:
    text = None if value is None else json.dumps(value, ensure_ascii=False)
    return Saying(key=key, value=text)


def _place(where: str) -> Place:
    environment, _, service = where.partition("/")
    return place_at(Layer.SERVICE if service else Layer.TENANT, environment, service)


def _remove(given: Sequence[Row]) -> None:
    """Say nothing of these any more, as one change of each place, and remove them."""
    secret = [row["key"] for row in given if row["secret"]]
    said = ConfigurationValue.objects.filter(key__in=secret).exclude(value="", sealed__isnull=True)
    if secret and said.exists():
        raise ConflictError("it holds secrets, which no undo brings back: delete it by hand")
    sayings: dict[Place, list[Saying]] = defaultdict(list)
    for row in given:
        for where in row["values"]:
            sayings[_place(where)].append(Saying(key=row["key"], value=None))
    for place, some in sayings.items():
        say(place, some, reason=REASON, origin=ValueOrigin.REMOVAL)
    for row in given:
        delete_configuration(id=row["id"])


rows = Rows(of=Configuration.visible, tell=_tell, order=("key",), key="key")
register(
    CONFIGURATIONS,
    read=rows.read,
    find=_find,
    write=together(_write),
    remove=together(_remove),
)
