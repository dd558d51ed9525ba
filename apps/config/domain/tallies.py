"""Answers as they are counted in memory: each thread adds to its own, so none waits for another."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from threading import Lock, Thread, current_thread, local
from typing import NamedTuple
from uuid import UUID

from apps.config.domain.evaluations import Evaluation

#: Different answers, and exposures, that a thread keeps until they are taken; more are left out.
MOST_ANSWERS = 50_000
MOST_EXPOSURES = 1_000
#: Exposures of a day that are known to be told; with more, some are told twice.
MOST_TOLD = 200_000

#: Different answers that are told, and written down, at a time.
MOST_IN_A_BATCH = 500

SINGLE, BULK, REPORTED = "single", "bulk", "reported"


#: What is counted together: flag, variant (none where programs got their own default), reason, code
#: of the error, and in which way it was asked for.
Answer = tuple[str, str | None, str, str | None, str]


class Exposure(NamedTuple):
    """Somebody, under a pseudonym, has got a variant of a flag at a version."""

    flag: str
    version: int
    variant: str
    subject: int


@dataclass(slots=True)
class Made:
    """How often an answer was given that is made in advance; as long as it is here, it is it."""

    answer: Evaluation
    times: int


@dataclass(slots=True)
class Place:
    """What was counted in one environment."""

    tenant_id: UUID
    environment_id: UUID
    answers: dict[Answer, int] = field(default_factory=dict)
    #: In each way, by the identity of answers that flags have made in advance.
    made: dict[str, dict[int, Made]] = field(default_factory=dict)
    exposures: dict[Exposure, None] = field(default_factory=dict)
    keys: set[UUID] = field(default_factory=set)

    def counted(self) -> Iterator[tuple[Answer, int]]:
        """Yield how often each answer was given; some come more than once."""
        yield from self.answers.items()
        for way, made in self.made.items():
            for one in made.values():
                given = one.answer
                yield (given.key, given.variant, given.reason, given.error_code, way), one.times


class _Tally:
    """What one thread has counted since it was last taken."""

    def __init__(self) -> None:
        self.thread: Thread = current_thread()
        # Nobody else asks for it but who takes what is there, for as long as that takes.
        self.lock = Lock()
        self.clear()

    def clear(self) -> dict[UUID, Place]:
        taken = getattr(self, "places", {})
        self.places: dict[UUID, Place] = {}
        self.answers = self.exposures = self.left_out = 0
        return taken

    def place(self, tenant_id: UUID, environment_id: UUID) -> Place:
        found = self.places.get(environment_id)
        if found is None:
            found = self.places[environment_id] = Place(tenant_id, environment_id)
        return found

    def first(self, place: Place, answer: Evaluation, way: str) -> None:
        """Count an answer that is not known yet, or is made anew each time: errors are."""
        if answer.error_code is not None:
            self.add(place, (answer.key, answer.variant, answer.reason, answer.error_code, way), 1)
        elif self.has_room(1):
            place.made.setdefault(way, {})[id(answer)] = Made(answer, 1)

    def add(self, place: Place, answer: Answer, times: int) -> None:
        # Keys that are no flags are of whoever asks, without a bound: they are not counted.
        if answer in place.answers or (answer[3] != "FLAG_NOT_FOUND" and self.has_room(times)):
            place.answers[answer] = place.answers.get(answer, 0) + times

    def has_room(self, times: int) -> bool:
        """Say whether another answer can be kept; how often it was given is left out if not."""
        if self.answers >= MOST_ANSWERS:
            self.left_out += times
            return False
        self.answers += 1
        return True


class Tallies:
    """What a process has counted and not written down yet; bounded, whatever is asked for."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._tallies: list[_Tally] = []
        self._mine = local()
        self._day = date.min
        self._told: set[tuple[UUID, Exposure]] = set()
        #: Answers and exposures that there was no room for, of what was taken.
        self.left_out = 0

    def count(
        self, tenant_id: UUID, environment_id: UUID, answers: Iterable[Evaluation], way: str
    ) -> None:
        """Count answers."""
        tally = self._tally()
        with tally.lock:
            place = tally.place(tenant_id, environment_id)
            # By identity: to hash what is counted would take as long as to evaluate it.
            made = place.made.get(way, {})
            for one in answers:
                known = made.get(id(one))
                if known is not None:
                    known.times += 1
                else:
                    tally.first(place, one, way)
                    made = place.made.get(way, made)

    def add(
        self, tenant_id: UUID, environment_id: UUID, answers: Iterable[tuple[Answer, int]]
    ) -> None:
        """Count each of these so many times more."""
        tally = self._tally()
        with tally.lock:
            place = tally.place(tenant_id, environment_id)
            for answer, times in answers:
                tally.add(place, answer, times)

    def expose(self, tenant_id: UUID, environment_id: UUID, exposure: Exposure) -> None:
        """Note an exposure, unless it is known to have been told of today."""
        if (environment_id, exposure) in self._told:
            return
        tally = self._tally()
        with tally.lock:
            noted = tally.place(tenant_id, environment_id).exposures
            if exposure in noted:
                return
            if tally.exposures < MOST_EXPOSURES:
                tally.exposures += 1
                noted[exposure] = None
            else:
                tally.left_out += 1

    def use(self, tenant_id: UUID, environment_id: UUID, key_id: UUID) -> None:
        """Note that the key of an environment was used."""
        tally = self._tally()
        with tally.lock:
            tally.place(tenant_id, environment_id).keys.add(key_id)

    def take(self) -> list[Place]:
        """Return what there is of all threads, put together, and count from nothing again."""
        with self._lock:
            tallies = list(self._tallies)
            self._tallies = [one for one in tallies if one.thread.is_alive()]
        found: dict[UUID, Place] = {}
        for tally in tallies:
            with tally.lock:
                self.left_out += tally.left_out
                taken = tally.clear()
            for environment_id, place in taken.items():
                known = found.setdefault(environment_id, Place(place.tenant_id, environment_id))
                for answer, times in place.counted():
                    known.answers[answer] = known.answers.get(answer, 0) + times
                known.exposures |= place.exposures
                known.keys |= place.keys
        return list(found.values())

    def settle(self, environment_id: UUID, exposures: Iterable[Exposure], day: date) -> None:
        """Remember that these are told: on this day they are not told again."""
        if day != self._day or len(self._told) >= MOST_TOLD:
            self._day, self._told = day, set()
        self._told.update((environment_id, one) for one in exposures)

    def _tally(self) -> _Tally:
        found: _Tally | None = getattr(self._mine, "tally", None)
        if found is None:
            found = self._mine.tally = _Tally()
            with self._lock:
                self._tallies.append(found)
        return found
