"""Pages of events and jobs while brokers are away: they answer, and say what goes on."""

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException
from django.contrib.auth.models import User
from django.test import Client

from contracts.files import FileDeleted
from kernel.celery import broker
from kernel.events import here
from kernel.events.kafka import places
from kernel.events.publishing import publish
from kernel.identity.models import Tenant

GROUPS = "/admin/events/consumergroup/"
NO_KAFKA = "Kafka at 127.0.0.1:1 does not answer."
NO_BROKER = "The broker that wakes workers (CELERY_BROKER_URL) does not answer."


@pytest.fixture
def staff(db: None) -> Client:
    """A browser with an administrator signed in."""
    browser = Client()
    browser.force_login(User.objects.create_superuser("root", password="secret"))
    return browser


@pytest.fixture
def no_kafka(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """No Kafka; how long each question would have waited for it."""
    asked: list[float] = []

    class Silent:
        def __init__(self, _configuration: object) -> None:
            pass

        def list_topics(self, timeout: float) -> None:
            asked.append(timeout)
            raise KafkaException(KafkaError(KafkaError._TRANSPORT))

    settings.KAFKA_BOOTSTRAP_SERVERS = ("127.0.0.1:1",)
    monkeypatch.setattr(places, "AdminClient", Silent)
    here._asked.cache_clear()
    yield asked
    here._asked.cache_clear()


def test_groups_are_shown_without_kafka_which_is_asked_once(
    staff: Client, tenant: Tenant, no_kafka: list[float]
) -> None:
    publish(FileDeleted(file_id="f1", name="a.csv"))

    listed = staff.get(GROUPS).text
    shown = staff.get(f"{GROUPS}audit.trail/change/").text

    for page in (listed, shown):
        assert page.count(NO_KAFKA) == 1
        assert "now 1 event, and is handled in order" in page
        assert "not known: brokers do not answer" in page
        assert not re.search(r">\s*0 s\s*<", page)
    assert no_kafka == [places.FIRST_SECONDS]


def test_kafka_is_asked_again_after_a_while(
    staff: Client, no_kafka: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    staff.get(GROUPS)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + places.SILENT_SECONDS)

    staff.get(GROUPS)

    assert len(no_kafka) == 2


@pytest.mark.parametrize("path", ["queue/", "queue/files/change/", "job/"])
def test_queues_and_jobs_are_shown_without_their_broker(
    staff: Client, settings: Any, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    asked = []

    def refuse() -> None:
        asked.append(1)
        raise ConnectionRefusedError

    staff.get("/admin/jobs/queue/")
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(broker, "check", refuse)

    away = staff.get(f"/admin/jobs/{path}").text
    monkeypatch.setattr(broker, "check", lambda: None)
    back = staff.get(f"/admin/jobs/{path}").text

    assert away.count(NO_BROKER) == 1
    assert len(asked) == 1
    assert NO_BROKER not in back
    if path == "queue/":
        assert not re.search(r">\s*works\s*<", away)
        assert re.search(r">\s*works\s*<", back)
