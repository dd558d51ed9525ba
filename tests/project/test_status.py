"""The status page: how everything is and was, for whoever asks."""

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.db import DatabaseError
from django.test import Client

from kernel import clock
from kernel.observability import health
from kernel.observability.health import DegradedError, Finding
from kernel.uptime.recording import record
from project.portal import catalogue, status

pytestmark = pytest.mark.django_db


def slow() -> str:
    raise DegradedError("does not answer")


@pytest.fixture(autouse=True)
def _checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_checks", {"database": lambda: "answers", "redis": slow})
    monkeypatch.setattr(catalogue, "DEADLINE_SECONDS", 5.0)
    status._read.cache_clear()


def test_it_tells_how_everything_is_and_on_which_days_it_was_not(client: Client) -> None:
    now = clock.now().replace(hour=12)
    for minute, found in enumerate((Finding("ok", ""), Finding("down", "refused"))):
        at = now - timedelta(days=3) + timedelta(minutes=minute)
        record(at, {"redis": found, "service:files": found})

    page = client.get("/status").content.decode()

    assert "Some of it is slower, or waits" in page
    assert "Redis, the last 90 days: something was wrong on 1 of them" in page
    assert "Files, the last 90 days: something was wrong on 1 of them" in page
    assert page.count('<rect class="down"') == 2
    assert page.count('<rect class="unknown"') == 2 * 89
    assert "<td>refused</td>" in page


def test_without_the_database_it_tells_how_everything_is_now(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise DatabaseError

    monkeypatch.setattr(status, "histories", away)

    page = client.get("/status").content.decode()

    assert "only how it is now is shown" in page
    assert "does not answer" in page


def test_what_is_written_down_is_each_part_and_all_services_but_not_a_process_that_stops(
    monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    settings.SERVICES = ("audit",)
    settings.SERVICE_URLS = dict.fromkeys(settings.SERVICE_URLS, "http://127.0.0.1:1")

    found = {name: finding.state for name, finding in status.look().items()}
    monkeypatch.setattr(status, "standing", lambda: "stopping")

    assert (found["database"], found["redis"]) == ("ok", "degraded")
    assert (found["service:audit"], found["service:files"]) == ("degraded", "down")
    assert len(found) == 2 + 7
    assert status.look() == {}
