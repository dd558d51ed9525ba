"""One process at a time: an advisory lock of PostgreSQL, else a row with an end."""

import hashlib
import os
import secrets
import socket
from datetime import timedelta
from typing import Protocol

from django.db import connection

from kernel import clock
from kernel.events.models import Lease

#: How long a process that died without a word keeps others out, on SQLite.
LEASE = timedelta(seconds=10)


class Claim(Protocol):
    """The right to do something alone. Used by one thread, on its own connection."""

    def hold(self) -> bool:
        """Take it or keep it, and say whether we have it; called again and again."""

    def give_up(self) -> None:
        """Let somebody else have it at once."""


def claim(name: str) -> Claim:
    """Return the right to do this alone, which is not taken yet."""
    return AdvisoryLock(name) if connection.vendor == "postgresql" else LeaseRow(name)


class AdvisoryLock:
    """A lock of the session: it ends with the connection, and so does all that we write by it.

    It needs a connection of its own to the server: none that a pooler lends for one transaction.
    """

    def __init__(self, name: str) -> None:
        self._key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
        self._session: object = None

    def hold(self) -> bool:
        """Take the lock, unless this session has it: it can be taken more than once."""
        if self._session is not None and self._session is connection.connection:
            return True
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [self._key])
            (taken,) = cursor.fetchone()
        self._session = connection.connection if taken else None
        return bool(taken)

    def give_up(self) -> None:
        """Unlock it, if our session still has it."""
        if self._session is not None and self._session is connection.connection:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [self._key])
        self._session = None


class LeaseRow:
    """A row that says who and until when; renewed at a third of its time."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._renew_at = clock.now()
        self._held = False

    def hold(self) -> bool:
        """Take the lease if it is free or over, or keep ours."""
        now = clock.now()
        if self._held and now < self._renew_at:
            return True
        rows = Lease.objects.filter(pk=self._name)
        mine = {"holder": self._holder, "until": now + LEASE}
        # A look first: who waits must not hold up SQLite's one writer.
        found = rows.first()
        if found is None:
            Lease.objects.bulk_create([Lease(pk=self._name, **mine)], ignore_conflicts=True)
            self._held = rows.filter(holder=self._holder).exists()
        elif found.holder == self._holder or found.until <= now:
            # By what was seen: of two who find it over, one gets it.
            self._held = bool(rows.filter(holder=found.holder, until=found.until).update(**mine))
        else:
            self._held = False
        self._renew_at = now + LEASE / 3
        return self._held

    def give_up(self) -> None:
        """End our lease now."""
        if self._held:
            Lease.objects.filter(pk=self._name, holder=self._holder).delete()
        self._held = False
