"""Connections that their server closed, as by a restart or a failover: no request begins on one."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def kept() -> Iterator[BaseDatabaseWrapper]:
    """A connection as a thread keeps it from request to request."""
    yield from made_with({})


@pytest.fixture
def lent() -> Iterator[BaseDatabaseWrapper]:
    """A connection as a pool lends it for a request."""
    yield from made_with({"pool": {"min_size": 2, "max_size": 2, "timeout": 5}})


def made_with(options: dict[str, Any]) -> Iterator[BaseDatabaseWrapper]:
    wrapper = connections.create_connection("default")
    wrapper.settings_dict = wrapper.settings_dict | {
        "NAME": connection.settings_dict["NAME"],
        "CONN_MAX_AGE": 0 if options else None,
        "OPTIONS": wrapper.settings_dict["OPTIONS"] | options,
    }
    wrapper.alias = "closed-connections"
    yield wrapper
    wrapper.close()
    wrapper.close_pool()  # type: ignore[attr-defined]  # of PostgreSQL's


def server_process(wrapper: BaseDatabaseWrapper) -> int:
    """Return the number of the server's process, by which it is ended."""
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def end(*processes: int) -> None:
    """Have the server close these connections, and wait until it has."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM unnest(%s::int[]) pid", [list(processes)]
        )
        assert [row[0] for row in cursor.fetchall()] == [True] * len(processes)


def test_a_thread_connects_anew_before_its_next_request(kept: BaseDatabaseWrapper) -> None:
    before = server_process(kept)
    end(before)

    kept.close_if_unusable_or_obsolete()

    assert server_process(kept) != before


def test_a_connection_that_works_is_kept_and_the_server_not_asked(
    kept: BaseDatabaseWrapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = server_process(kept)
    with monkeypatch.context() as patched:
        patched.setattr(kept, "is_usable", lambda: pytest.fail("the server was asked"))
        kept.close_if_unusable_or_obsolete()

    assert server_process(kept) == before


def test_what_a_server_says_beside_does_not_end_a_connection(kept: BaseDatabaseWrapper) -> None:
    with kept.cursor() as cursor:
        cursor.execute("LISTEN something")
    before = server_process(kept)
    with connection.cursor() as cursor:
        cursor.execute("NOTIFY something")

    kept.close_if_unusable_or_obsolete()

    assert server_process(kept) == before


def test_a_pool_lends_none_of_those_that_were_closed(lent: BaseDatabaseWrapper) -> None:
    held = lent.copy("closed-connections")
    ended = {server_process(lent), server_process(held)}
    lent.close()
    held.close()
    end(*ended)

    assert server_process(lent) not in ended
    assert server_process(held) not in ended
    held.close()
