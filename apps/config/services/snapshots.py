"""What each environment says, compiled and in memory: evaluations ask no database.

A process knows its own changes at once, and those of others by hints; who asks looks once a second
for what no hint has told. While the database is away the last good set is served, and says since
when it may be stale.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock, local
from uuid import UUID

from django.db import Error, connection, transaction

from apps.config.domain.compiling import compile_set
from apps.config.domain.flags import FlagSet
from apps.config.models import Environment
from apps.config.selectors.definitions import Definition, Exposing, definition_of, seen_in
from apps.config.selectors.environments import Reference, named
from kernel import clock
from kernel.dynamic.flagging import TOPIC
from kernel.errors import NotFoundError, UnavailableError
from kernel.hints.hearing import hints
from kernel.tenancy.context import in_tenant

#: How old an answer may be that another process has changed, where no hint has come.
CHECK_SECONDS = 1.0
#: Who is told that something is in memory asks for it within this time.
MARGIN_SECONDS = 0.1
#: Environments that are in memory at a time; of more, those go that nobody asks for.
MOST_HELD = 200
#: What a definition means that names no bucketing. It is part of what is stored: with another
#: one, everybody would be in another bucket.
BUCKETING = "flagd-v3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """An environment at one revision; never changed, only replaced."""

    tenant_id: UUID
    environment_id: UUID
    environment: str
    revision: int
    definition: Definition
    flags: FlagSet
    #: The flags whose values anybody may see.
    client_visible: frozenset[str]
    #: The flags of which it is told who gets them.
    exposed: Mapping[str, Exposing] = field(default_factory=dict)
    #: Since when nobody could say whether this is still what is stored.
    stale_since: datetime | None = None


Listener = Callable[[Snapshot], None]


class _Held:
    """What one reference means, looked up again after a second."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.snapshot: Snapshot | None = None
        self.checked = float("-inf")


class Snapshots:
    """The snapshots of this process: bounded, each compiled by one thread while others go on."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._held: dict[tuple[UUID, Reference], _Held] = {}
        self._sets: dict[UUID, Snapshot] = {}
        self._listeners: list[Listener] = []
        self._changed_here = local()

    def get(self, tenant_id: UUID, environment: Reference = None) -> Snapshot:
        """Return what an environment of a tenant says, by its id or key, or the first one.

        Raises NotFoundError, or UnavailableError when the database is away and it was never read.
        """
        if self._uncommitted():
            return self._read(tenant_id, environment)
        held = self._held.get((tenant_id, environment)) or self._hold((tenant_id, environment))
        found = held.snapshot
        if found is not None and time.monotonic() - held.checked < CHECK_SECONDS:
            return found
        # Who has an answer does not wait for a newer one that somebody else is making.
        if not held.lock.acquire(blocking=found is None):
            return found  # type: ignore[return-value]  # it waits when there is none
        try:
            if held.snapshot is None or time.monotonic() - held.checked >= CHECK_SECONDS:
                held.snapshot = self._looked_up(held.snapshot, tenant_id, environment)
                held.checked = time.monotonic()
            return held.snapshot
        finally:
            held.lock.release()

    def holds(self, tenant_id: UUID, environment: Reference = None) -> bool:
        """Say whether asking for it now asks no database."""
        held = self._held.get((tenant_id, environment))
        fresh = CHECK_SECONDS - MARGIN_SECONDS
        return (
            held is not None
            and held.snapshot is not None
            and time.monotonic() - held.checked < fresh
        )

    def current(self, environment: Environment) -> Snapshot:
        """Return what a row says that was just read, from memory if that is of its revision."""
        known = self._sets.get(environment.pk)
        if known is not None and known.revision == environment.revision:
            return known
        with in_tenant(environment.tenant_id):
            definition = definition_of(environment.pk)
        flags = compile_set(
            definition.told(),
            revision=str(environment.revision),
            strict=False,
            bucketing=BUCKETING,
        )
        made = _made(environment, definition, flags)
        if environment.pk not in self._uncommitted():
            self._keep(made)
        return made

    def settle(self, environment: Environment, definition: Definition, flags: FlagSet) -> None:
        """Serve this from the moment on at which the transaction is committed."""
        self._changed_here.ids = self._uncommitted() | {environment.pk}
        made = _made(environment, definition, flags)
        transaction.on_commit(lambda: self._commit(made), robust=True)
        transaction.on_commit(lambda: hints.tell(TOPIC), robust=True)

    def on_change(self, listener: Listener) -> None:
        """Call this with each newer snapshot, on the thread that has made it; it may not wait."""
        self._listeners.append(listener)

    def forget(self, environment_id: UUID) -> None:
        """Look again at the next question, whatever the time: somebody says that it changed."""
        with self._lock:
            for held in self._held.values():
                if held.snapshot is not None and held.snapshot.environment_id == environment_id:
                    held.checked = float("-inf")

    def look(self) -> None:
        """Look at all that is in memory by one query, and take what others have changed."""
        with self._lock:
            known = [held.snapshot for held in self._held.values() if held.snapshot is not None]
        revisions = {one.environment_id: one.revision for one in known}
        if not revisions:
            return
        for row in Environment.across_tenants.filter(pk__in=list(revisions)):
            if row.revision > revisions[row.pk]:
                self._swap(self.current(row))

    def _looked_up(
        self, known: Snapshot | None, tenant_id: UUID, environment: Reference
    ) -> Snapshot:
        try:
            return self._read(tenant_id, environment, known)
        except Error as error:
            if known is None:
                raise UnavailableError("flags cannot be read for now") from error
            return replace(known, stale_since=known.stale_since or clock.now())

    def _read(
        self, tenant_id: UUID, environment: Reference, known: Snapshot | None = None
    ) -> Snapshot:
        with in_tenant(tenant_id):
            row = named(environment).first()
        if row is None:
            raise NotFoundError(f"no environment {environment or 'yet'}")
        if known and (known.environment_id, known.revision) == (row.pk, row.revision):
            return replace(known, stale_since=None) if known.stale_since else known
        return self.current(row)

    def _commit(self, made: Snapshot) -> None:
        self._changed_here.ids = self._uncommitted() - {made.environment_id}
        self._keep(made)
        self._swap(made)

    def _swap(self, made: Snapshot) -> None:
        now = time.monotonic()
        with self._lock:
            for held in self._held.values():
                known = held.snapshot
                if (
                    known is not None
                    and known.environment_id == made.environment_id
                    and known.revision < made.revision
                ):
                    held.snapshot, held.checked = made, now

    def _keep(self, made: Snapshot) -> None:
        with self._lock:
            known = self._sets.get(made.environment_id)
            if known is not None and known.revision >= made.revision:
                return
            # The newest is last: what goes is what has not changed for longest.
            self._sets.pop(made.environment_id, None)
            self._sets[made.environment_id] = made
            while len(self._sets) > MOST_HELD:
                del self._sets[next(iter(self._sets))]
        for listener in self._listeners:
            listener(made)

    def _hold(self, key: tuple[UUID, Reference]) -> _Held:
        with self._lock:
            held = self._held.setdefault(key, _Held())
            if len(self._held) > MOST_HELD:
                # Who is asked for was looked up within the last seconds.
                oldest = min((one for one in self._held if one != key), key=self._age)
                del self._held[oldest]
            return held

    def _age(self, key: tuple[UUID, Reference]) -> float:
        return self._held[key].checked

    def _uncommitted(self) -> frozenset[UUID]:
        """Return what this thread has changed in a transaction that may yet be rolled back."""
        ids: frozenset[UUID] = getattr(self._changed_here, "ids", frozenset())
        if ids and not connection.in_atomic_block:
            # It was rolled back.
            ids = self._changed_here.ids = frozenset()
        return ids


def _made(environment: Environment, definition: Definition, flags: FlagSet) -> Snapshot:
    with in_tenant(environment.tenant_id):
        client_visible, exposed = seen_in(environment.pk)
    return Snapshot(
        tenant_id=environment.tenant_id,
        environment_id=environment.pk,
        environment=environment.key,
        revision=environment.revision,
        definition=definition,
        flags=flags,
        client_visible=client_visible,
        exposed=exposed,
    )


snapshots = Snapshots()
get = snapshots.get
current = snapshots.current
settle = snapshots.settle
