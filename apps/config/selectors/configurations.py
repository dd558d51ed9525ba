"""What holds of configuration in a place: values of all layers put together, from memory.

A revision is the sum of those of the places whose values hold: each only goes up, so a later one
is greater, and whoever waits for a greater one misses nothing. Revisions are read before values,
so what is told is never older than its revision says.
"""

import json
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock
from typing import Any
from uuid import UUID

from django.db import Error, connection
from django.db.models import QuerySet

from apps.config.domain.configuration.layering import Resolved, Said, resolve
from apps.config.domain.configuration.values import is_key
from apps.config.models import (
    Configuration,
    ConfigurationRevision,
    ConfigurationValue,
    ConfigurationVersion,
)
from apps.config.selectors.deployments import Deploying, live_in, seen
from apps.config.selectors.places import Place, check_environment
from kernel import clock
from kernel.dynamic.declaring import REGISTRY
from kernel.secrets.fields import Sealed
from kernel.tenancy.context import PLATFORM, in_tenant

#: By which lookup each part of a filter narrows.
LOOKUPS = {
    "keys": "key__in",
    "type": "type",
    "owner": "owner",
    "created_from": "created_at__gte",
    "created_before": "created_at__lt",
}
#: Environments of tenants whose values are in memory; of more those go that nobody asks for.
MOST_HELD = 200
#: Of one environment: by services, and by which values on their way reach who asks.
MOST_VIEWS = 200


@dataclass(frozen=True, slots=True)
class Held:
    """What holds of one key: its value, unless it is a secret that is kept encrypted."""

    configuration: Configuration
    resolved: Resolved
    #: The number of the version in the place that was asked for, 0 if nothing is said there.
    number: int
    encrypted: bool = False
    #: Another value that is on its way here, and whether it is the one that holds for the reader.
    deploying: Deploying | None = None
    deployed: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that holds in a place at a revision."""

    place: Place
    revision: int
    held: Mapping[str, Held]
    #: Since when nobody could say whether this still holds.
    stale_since: datetime | None = None

    @property
    def values(self) -> dict[str, Any]:
        """What programs are told: every value but those that are kept encrypted."""
        return {key: one.resolved.value for key, one in self.held.items() if not one.encrypted}


class _Encrypted:
    """Stands for a secret that nobody is shown."""


_ENCRYPTED = _Encrypted()


@dataclass(slots=True)
class _Layers:
    """The values of a tenant's environment, a layer each."""

    revision: int
    configurations: dict[str, Configuration]
    said: dict[Place, dict[str, tuple[Any, int]]]
    deploying: dict[Place, dict[str, Deploying]]
    snapshots: dict[tuple[str, frozenset[UUID]], Snapshot] = field(default_factory=dict)

    def snapshot(self, place: Place, instance: str = "") -> Snapshot:
        # Names of services come from whoever asks: those nobody has said anything of are not kept.
        reached = frozenset(
            one.id
            for where in (*place.below(), place)
            for one in self.deploying.get(where, {}).values()
            if one.reaches(place, instance)
        )
        known = self.snapshots.get((place.service, reached))
        if known is not None:
            return known
        held = {}
        for key, configuration in self.configurations.items():
            found = self._held(place, configuration, reached)
            if found is not None:
                held[key] = found
        made = Snapshot(place, self.revision, held)
        if place in self.said or not place.service:
            if len(self.snapshots) >= MOST_VIEWS:
                self.snapshots.clear()
            self.snapshots[place.service, reached] = made
        return made

    def _held(
        self, place: Place, configuration: Configuration, reached: frozenset[UUID]
    ) -> Held | None:
        key = configuration.key
        own = configuration.tenant_id == place.tenant_id
        places = [
            one for one in (*place.below(), place) if not own or one.tenant_id == place.tenant_id
        ]
        said, deploying = [], None
        for one in places:
            on_its_way = self.deploying.get(one, {}).get(key)
            deploying = on_its_way or deploying
            if on_its_way and on_its_way.id in reached:
                said.append(Said(one.layer, on_its_way.value, 0))
            elif key in self.said.get(one, ()):
                said.append(Said(one.layer, *self.said[one][key]))
        resolved = resolve(said, merge=configuration.merge)
        if resolved is None:
            return None
        _, number = self.said.get(place, {}).get(key, (None, 0))
        return Held(
            configuration,
            resolved,
            number,
            encrypted=resolved.value is _ENCRYPTED,
            deploying=deploying,
            deployed=deploying is not None and deploying.id in reached,
        )


class Snapshots:
    """What this process knows; it reads values when revisions say that they are others."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: OrderedDict[tuple[UUID, str], _Layers] = OrderedDict()

    def get(self, place: Place, instance: str = "") -> Snapshot:
        """Return what holds in a place; the last good one while the database is away.

        Of a value that is being deployed an instance has always the same.
        """
        key = (place.tenant_id, place.environment)
        known = self._known.get(key)
        try:
            revision = revision_of(place)
            if known is None or known.revision != revision:
                known = _read(place, revision)
                if not _has_written():
                    self._keep(key, known)
        except Error:
            if known is None:
                raise
            return replace(known.snapshot(place, instance), stale_since=clock.now())
        return known.snapshot(place, instance)

    def _keep(self, key: tuple[UUID, str], layers: _Layers) -> None:
        with self._lock:
            before = self._known.get(key)
            if before is None or before.revision < layers.revision:
                self._known[key] = layers
            self._known.move_to_end(key)
            while len(self._known) > MOST_HELD:
                self._known.popitem(last=False)


snapshots = Snapshots()


def _has_written() -> bool:
    """Say whether this transaction has something to do at its end: it may yet be rolled back."""
    return connection.in_atomic_block and bool(connection.run_on_commit)


def revision_of(place: Place) -> int:
    """Return the revision of what holds in a place."""
    total = 0
    for tenant_id in dict.fromkeys((PLATFORM, place.tenant_id)):
        with in_tenant(tenant_id):
            rows = ConfigurationRevision.objects.filter(
                environment__in=_environments(tenant_id, place)
            )
            total += sum(rows.values_list("revision", flat=True))
    return total


def configurations_of(place: Place, keys: Iterable[str] | None = None) -> dict[str, Configuration]:
    """Return what there is to be said in a place, by key.

    Of the installation's a tenant has what is shared, unless it has its own by that key; the
    installation itself has what apps declare, also before anything was said of it.
    """
    with in_tenant(place.tenant_id):
        own = {one.key: one for one in _configurations(keys)}
    if place.tenant_id == PLATFORM:
        here = (key for key in REGISTRY if keys is None or key in keys)
        return own | {key: _declared(key, own.get(key)) for key in here}
    with in_tenant(PLATFORM):
        shared = {one.key: one for one in _configurations(keys).filter(shared=True)}
    return shared | own


def _declared(key: str, stored: Configuration | None) -> Configuration:
    """Return what an app declares today, as the row that is stored of it or one to be."""
    setting = REGISTRY[key]
    made = Configuration(
        tenant_id=PLATFORM,
        key=key,
        type=setting.kind,
        schema=json.dumps(setting.schema),
        description=setting.description,
        owner=setting.app,
    )
    if stored is not None:
        made.pk = stored.pk
        made._state.adding = False  # noqa: SLF001  as Django tells it
    return made


def values_in(place: Place, keys: Iterable[str]) -> dict[str, ConfigurationValue]:
    """Return what is or was said of these keys in a place."""
    with in_tenant(place.tenant_id):
        rows = ConfigurationValue.objects.filter(
            environment=place.environment, service=place.service, key__in=list(filter(is_key, keys))
        )
        return {row.key: row for row in rows}


def versions(place: Place, key: str) -> QuerySet[ConfigurationVersion]:
    """Return the history of a key in a place, the newest first; ask for it within its tenant."""
    return ConfigurationVersion.objects.filter(
        key=key if is_key(key) else "", environment=place.environment, service=place.service
    ).order_by("-number")


def parsed(text: str) -> Any:
    """Return a value that was stored, and so is known to be good."""
    return json.loads(text)


def _configurations(keys: Iterable[str] | None) -> QuerySet[Configuration]:
    rows = Configuration.objects.all()
    return rows if keys is None else rows.filter(key__in=list(filter(is_key, keys)))


def _environments(tenant_id: UUID, place: Place) -> set[str]:
    return {"", place.environment} if tenant_id == PLATFORM else {place.environment}


def _read(place: Place, revision: int) -> _Layers:
    check_environment(place)
    configurations = configurations_of(place)
    said: dict[Place, dict[str, tuple[Any, int]]] = {}
    deploying: dict[Place, dict[str, Deploying]] = {}
    for tenant_id in dict.fromkeys((PLATFORM, place.tenant_id)):
        with in_tenant(tenant_id):
            rows = ConfigurationValue.objects.filter(
                environment__in=_environments(tenant_id, place)
            ).exclude(value="", sealed__isnull=True)
            if tenant_id != place.tenant_id:
                shared = Configuration.objects.filter(shared=True).values("key")
                rows = rows.filter(key__in=shared)
            for row in rows:
                where = Place(tenant_id, row.environment, row.service)
                value = _ENCRYPTED if isinstance(row.sealed, Sealed) else parsed(row.value)
                said.setdefault(where, {})[row.key] = (value, row.number)
            for moving in live_in(tenant_id, _environments(tenant_id, place)):
                where = Place(tenant_id, moving.environment, moving.service)
                deploying.setdefault(where, {})[moving.key] = seen(moving)
    return _Layers(revision, configurations, said, deploying)
