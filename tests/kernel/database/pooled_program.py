"""Works on a pooled database as a process of the platform does; run by test_pooling."""

import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread
from typing import Any

import django
import psycopg

django.setup()

from django.conf import settings  # noqa: E402
from django.db import DatabaseError, connection, connections  # noqa: E402

from kernel.database.direct import keep_session  # noqa: E402
from kernel.database.errors import REFUSED  # noqa: E402
from kernel.events import wake  # noqa: E402
from kernel.events.leases import claim  # noqa: E402
from kernel.identity.models import ApiKey, Tenant  # noqa: E402
from kernel.observability.pools import Pools  # noqa: E402

TURNS = 20
ROWS = 20


def iterate(by_server: str = "") -> dict[str, int]:
    """Stream rows on threads, outside of transactions."""
    if by_server:
        settings.DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = False
        connections.settings["default"]["DISABLE_SERVER_SIDE_CURSORS"] = False
    known = [Tenant(slug=f"pooled-{number}", name="Pooled") for number in range(ROWS)]
    Tenant.objects.bulk_create(known, ignore_conflicts=True)
    found = {"failed": 0, "read": 0}

    def turn(_number: int) -> None:
        rows = Tenant.objects.filter(slug__startswith="pooled-").iterator(chunk_size=2)
        try:
            for _ in rows:
                # Another statement of this thread gives the connection away.
                Tenant.objects.exists()
                found["read"] += 1
        except (DatabaseError, psycopg.Error):
            found["failed"] += 1
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(turn, range(TURNS)))
    return found


def session() -> dict[str, bool]:
    """Take a lock of a session on one thread, ask for it on another, and let go."""
    first = in_thread(lambda: None)
    found = {"told": wake.is_told(2.0)}
    held, done = Event(), Event()

    def hold() -> None:
        keep_session()
        lock = claim("pooled")
        found["first"] = lock.hold() and lock.hold()
        held.set()
        done.wait(30)
        lock.give_up()
        connections.close_all()

    def other() -> bool:
        keep_session()
        lock = claim("pooled")
        taken = lock.hold()
        lock.give_up()
        connections.close_all()
        return taken

    holder = Thread(target=hold)
    holder.start()
    held.wait(30)
    found["second"] = in_thread(other)
    done.set()
    holder.join()
    found["after"] = in_thread(other)
    assert first is None
    return found


def limits() -> list[str]:
    """Return the limits of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('statement_timeout'), current_setting('lock_timeout')"
        )
        return list(cursor.fetchone())


def exhaust() -> dict[str, Any]:
    """Ask while another thread has the only connection, and once it has given it back."""
    from kernel.identity.services import issue_key  # noqa: PLC0415
    from kernel.testing.graphql import http_client  # noqa: PLC0415

    settings.ALLOWED_HOSTS.append("testserver")
    tenant, _ = Tenant.objects.get_or_create(slug="exhausted", name="Exhausted")
    _, secret = issue_key(tenant=tenant, name="test", scopes=["*"])
    assert ApiKey.objects.exists()

    def ask() -> Any:
        body = {"query": "{ folders(first: 1) { edges { node { id } } } }"}
        headers = {"Authorization": f"Bearer {secret}"}
        answer = http_client().post(
            "/graphql", body, content_type="application/json", headers=headers
        )
        connections.close_all()
        return answer

    ours: Any = connection
    ours.pool.timeout = 0.2
    connections.close_all()
    in_thread(ask)
    # This thread keeps what there is.
    connection.ensure_connection()
    refused = in_thread(ask)
    # Alone: figures of others are counted in the database, and give back the connection.
    pools, _ = Pools().collect()
    used = next(one.value for one in pools.samples if one.labels["state"] == "used")
    connections.close_all()
    return {
        "status": refused.status_code,
        "code": refused.json()["errors"][0]["extensions"]["code"],
        "retry_after": refused.headers.get("Retry-After"),
        "refused": REFUSED.labels("pool")._value.get(),
        "used": used,
        "afterwards": in_thread(ask).status_code,
    }


def in_thread(work: Callable[[], Any]) -> Any:
    """Do something on a thread of its own, which has connections of its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


if __name__ == "__main__":
    done: Callable[..., Any] = globals()[sys.argv[1]]
    sys.stdout.write(f"{json.dumps(done(*sys.argv[2:]))}\n")
