"""Telling whoever waits, in this process and in others, that other values hold.

What is told is the revision. Who waits says which one it has, and reads what is newer: changes that
come quickly are told together, and none is missed.
"""

from collections import OrderedDict
from collections.abc import Collection
from threading import Lock
from uuid import UUID

import orjson
from django.db import close_old_connections, connection

from apps.config.models import ConfigurationRevision
from apps.config.selectors.places import Place
from kernel.dynamic.following import TOPIC, values
from kernel.hints.hearing import hints
from kernel.serving.broadcast import Broadcaster, StreamEvent, broadcaster
from kernel.tenancy.context import PLATFORM

#: The hint to other processes that values have changed.
HINT = "config-values"
#: Places of which it is known what was told.
MOST_KNOWN = 10_000

_PREFIX = "config-values:"


class Watch:
    """Which revision was told of each place that somebody waits at, or has just looked at."""

    def __init__(self, source: Broadcaster = broadcaster) -> None:
        self._source = source
        self._lock = Lock()
        self._told: OrderedDict[str, int] = OrderedDict()

    def seen(self, place: Place, revision: int) -> str:
        """Note that somebody has read this revision and is going to wait; return the topic."""
        topic = topic_of(place)
        with self._lock:
            # Others may wait here who have not been told of it.
            if topic not in self._told or topic not in self._source.topics():
                self._told[topic] = revision
            self._told.move_to_end(topic)
            while len(self._told) > MOST_KNOWN:
                self._told.popitem(last=False)
        return topic

    def __call__(self, topics: Collection[str]) -> None:
        """Look at these places, and tell of each that has a newer revision."""
        places = {topic: place_of(topic) for topic in topics}
        try:
            revisions = _revisions(places.values())
        finally:
            if not connection.in_atomic_block:
                close_old_connections()
        for topic, place in places.items():
            revision = revisions[place]
            with self._lock:
                if self._told.get(topic, 0) >= revision:
                    continue
                self._told[topic] = revision
            self._source.publish(topic, change_event(revision))

    def changed(self, place: Place) -> None:
        """Look at every place in which something else holds now that this one has changed."""
        self(self.waited_for(place))

    def waited_for(self, place: Place) -> list[str]:
        """Return where somebody waits, or is about to, for changes of a place."""
        with self._lock:
            topics = {*self._told, *self._source.topics()}
        return [one for one in topics if one.startswith(_PREFIX) and _concerns(place, one)]

    def look(self) -> None:
        """Look at every place where somebody waits."""
        self([one for one in self._source.topics() if one.startswith(_PREFIX)])


watch = Watch()


def tell(place: Place) -> None:
    """Tell it, after the commit."""
    if place == Place(PLATFORM, ""):
        # Who reads a dynamic setting next in this process has the new value.
        values.look()
        hints.tell(TOPIC)
    watch.changed(place)
    hints.tell(HINT)


def topic_of(place: Place) -> str:
    """Return what is told of the environment of a place; services of it share that."""
    return f"{_PREFIX}{place.tenant_id}:{place.environment}"


def place_of(topic: str) -> Place:
    """Return whose changes a topic tells of."""
    tenant_id, _, environment = topic.removeprefix(_PREFIX).partition(":")
    return Place(UUID(tenant_id), environment)


def change_event(revision: int) -> StreamEvent:
    """Return what a listener is sent."""
    data = orjson.dumps({"revision": revision})
    return StreamEvent(data=data, id=str(revision), name="change")


def _concerns(place: Place, topic: str) -> bool:
    told = place_of(topic)
    return place.tenant_id in (PLATFORM, told.tenant_id) and place.environment in (
        "",
        told.environment,
    )


def _revisions(places: Collection[Place]) -> dict[Place, int]:
    """Return the revision of each of these by one query over all tenants."""
    if not places:
        return {}
    rows = ConfigurationRevision.across_tenants.filter(
        tenant_id__in={PLATFORM, *(one.tenant_id for one in places)},
        environment__in={"", *(one.environment for one in places)},
    )
    found = {
        (tenant_id, environment): revision
        for tenant_id, environment, revision in rows.values_list(
            "tenant_id", "environment", "revision"
        )
    }
    return {
        place: sum(
            found.get(one, 0)
            for one in {
                (PLATFORM, ""),
                (PLATFORM, place.environment),
                (place.tenant_id, place.environment),
            }
        )
        for place in places
    }
