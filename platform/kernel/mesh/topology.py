"""Who is there, and how each finds the others to be: the leases, read for a picture and a table."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

from kernel.discovery.leases import Lease
from kernel.mesh.standing import BY_STAFF
from kernel.services import BY_NAME

#: `unknown`: an address of which nobody tells anything bad, and which tells nothing of itself.
Standing = Literal["well", "unknown", "failing", "out"]
_WORSE: tuple[Standing, ...] = get_args(Standing)


@dataclass(frozen=True, slots=True)
class Call:
    """A service as one process calls it."""

    caller: Lease
    service: str
    told: dict[str, Any]

    @property
    def standing(self) -> Standing:
        """Say in one word how it goes."""
        if self.told.get("breaker", "closed") != "closed":
            return "out"
        ill = any(one["state"] != "well" for one in self.endpoints) or self.told.get("failures")
        return "failing" if ill else "well"

    @property
    def endpoints(self) -> list[dict[str, Any]]:
        """Return what is told of each process that is asked."""
        return list(self.told.get("endpoints", ()))

    @property
    def in_flight(self) -> int:
        return _in_flight(self.endpoints)

    @property
    def failure_rate(self) -> float:
        """Return the percentage of the calls of the last seconds that failed."""
        calls = int(self.told.get("calls", 0))
        return 100 * float(self.told.get("failures", 0)) / calls if calls else 0.0

    @property
    def budget(self) -> int:
        """Return the percentage of failures that may still come before the breaker opens."""
        return round(100 * float(self.told.get("budget", 1)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One address at which services are, as all others find it."""

    url: str
    #: What it tells of itself; None for who holds no lease, or no longer.
    lease: Lease | None
    services: tuple[str, ...]
    #: What each that calls it tells of it.
    found: tuple[dict[str, Any], ...]

    @property
    def in_flight(self) -> int:
        return _in_flight(self.found)

    @property
    def latency_ms(self) -> float | None:
        """Return what the one tells that has waited longest; None where nobody has called."""
        return max((one["latency_ms"] for one in self.found), default=None)

    @property
    def left_out(self) -> int:
        """Return how many leave it out."""
        return sum(one["state"].startswith("ejected") for one in self.found)

    @property
    def ejected(self) -> bool:
        """Say whether it is left out because staff want that."""
        return any(one["state"] == BY_STAFF for one in self.found)

    @property
    def standing(self) -> Standing:
        """Say in one word how it is."""
        if self.left_out or (self.lease and self.lease.state != "up"):
            return "out"
        if any(one["state"] != "well" for one in self.found):
            return "failing"
        return "well" if self.lease else "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The processes that serve the same; with none of them, a service that nobody serves."""

    services: tuple[str, ...]
    places: tuple[Place, ...] = ()

    @property
    def title(self) -> str:
        if len(self.services) == 1:
            return BY_NAME[self.services[0]].title
        return f"{len(self.services)} services"

    @property
    def standing(self) -> Standing:
        """Say in one word how it is; out means that nobody is left."""
        found = [one.standing for one in self.places]
        if all(one == "out" for one in found):
            return "out"
        return "failing" if worst(found) in {"failing", "out"} else min(found, key=_WORSE.index)


class Topology:
    """Everything that some leases tell."""

    def __init__(self, leases: Sequence[Lease]) -> None:
        self.leases = leases
        self.calls = [
            Call(lease, service, told)
            for lease in leases
            for service, told in sorted(lease.told.items())
            if service in BY_NAME
        ]

    @cached_property
    def places(self) -> list[Place]:
        """Return all addresses, those of one service beside each other."""
        found = defaultdict[str, list[dict[str, Any]]](list)
        of_services = defaultdict[str, set[str]](set)
        for call in self.calls:
            for one in call.endpoints:
                # In process there is no address to be told apart.
                if "://" in one["url"]:
                    found[one["url"]].append(one)
                    of_services[one["url"]].add(call.service)
        made = [
            Place(url=one.url, lease=one, services=known_of(one), found=tuple(found[one.url]))
            for one in self.leases
        ]
        without = found.keys() - {one.url for one in self.leases}
        made += [
            Place(url=url, lease=None, services=_sorted(of_services[url]), found=tuple(found[url]))
            for url in without
        ]
        return sorted(made, key=lambda one: (one.services, one.url))

    @cached_property
    def groups(self) -> list[Group]:
        """Return who serves what, in the order of the catalogue; what nobody serves by itself."""
        places = defaultdict[tuple[str, ...], list[Place]](list)
        for one in self.places:
            places[one.services].append(one)
        served = {name for services in places for name in services}
        for name in BY_NAME.keys() - served:
            places[(name,)] = []
        order = list(BY_NAME)
        ranked = sorted(places, key=lambda services: [order.index(one) for one in services])
        return [Group(services=one, places=tuple(places[one])) for one in ranked]

    def links(self) -> Iterator[tuple[int, int, list[Call]]]:
        """Give the calls from each group to each other one, by their places in `groups`."""
        # Of several groups with a service the one that has the least beside it stands for it.
        ranked = sorted(enumerate(self.groups), key=lambda one: -len(one[1].services))
        home = {name: at for at, group in ranked for name in group.services}
        by_services = {group.services: at for at, group in enumerate(self.groups)}
        found = defaultdict[tuple[int, int], list[Call]](list)
        for call in self.calls:
            pair = by_services[known_of(call.caller)], home[call.service]
            if pair[0] != pair[1]:
                found[pair].append(call)
        for pair in sorted(found):
            yield *pair, found[pair]

    def alone(self) -> bool:
        """Say whether one process has everything, so that nothing goes from one to another."""
        return len(self.leases) <= 1 and len(self.groups) == 1


def _in_flight(found: Sequence[dict[str, Any]]) -> int:
    return sum(int(one["in_flight"]) for one in found)


def known_of(lease: Lease) -> tuple[str, ...]:
    """Return the services of a process, those alone that this release knows."""
    return _sorted(set(lease.services))


def _sorted(services: set[str]) -> tuple[str, ...]:
    return tuple(name for name in BY_NAME if name in services)


def worst(found: Sequence[Standing]) -> Standing:
    """Return the worst of some."""
    return max(found, key=_WORSE.index, default="well")
