"""A disk that is full: refused as a whole, told as what it is, and over when there is room."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection, transaction

from kernel.database.errors import REFUSED
from kernel.masking import as_domain_error

pytestmark = pytest.mark.django_db(transaction=True)

#: As many as SQLite can have.
NO_LIMIT = 1_073_741_823


@contextmanager
def full_disk() -> Iterator[None]:
    """Let the database have no page more than it has; PostgreSQL says so at the same place."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA page_count")
            cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0]}")
        try:
            yield
        finally:
            if connection.vendor == "sqlite":
                cursor.execute(f"PRAGMA max_page_count = {NO_LIMIT}")


def write() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        User.objects.create(username="first")
        if connection.vendor == "postgresql":
            cursor.execute("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53100'; END $$")
        # Other tests leave free pages; SQLite holds a text of any length.
        cursor.execute(
            "SELECT (freelist_count + 1) * page_size FROM pragma_freelist_count, pragma_page_size"
        )
        User.objects.create(username="large", password="x" * cursor.fetchone()[0])


def test_a_full_disk_refuses_a_write_whole_and_the_next_one_goes_through() -> None:
    User.objects.create(username="before")
    refused = REFUSED.labels("full")._value.get()

    with full_disk(), pytest.raises(OperationalError) as caught:
        write()
    error = as_domain_error(caught.value)
    left = [*User.objects.values_list("username", flat=True)]
    User.objects.create(username="after")

    assert error is not None
    assert (error.code, error.status, error.retryable) == ("UNAVAILABLE", 503, True)
    assert "no room" in str(error)
    assert REFUSED.labels("full")._value.get() == refused + 1
    assert left == ["before"]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check")
            assert cursor.fetchone() == ("ok",)
