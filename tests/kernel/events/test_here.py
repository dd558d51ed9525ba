"""How events travel from a process: with all services in it, or with some."""

import json
import logging
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client

from kernel.events import here
from kernel.services import BY_NAME
from tests.kernel.events.factories import group


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process with two of the services."""
    monkeypatch.setattr(settings, "SERVICES", ("audit", "files"))


def test_a_process_with_all_services_reaches_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SERVICES", tuple(BY_NAME))

    assert (here.transport().name, here.check()) == ("in process", "in process")


@pytest.mark.usefixtures("alone")
def test_a_process_with_some_services_says_that_events_are_isolated(db: None) -> None:
    answer = json.loads(Client().get("/health/ready").content)

    assert here.transport().name == "isolated"
    assert answer["checks"]["events"] == {
        "ok": True,
        "state": "ok",
        "detail": "isolated: they do not reach notifications, documents, scheduler, config,"
        " importexport",
    }


@pytest.mark.usefixtures("alone")
def test_isolation_is_warned_of_at_the_start(db: None, caplog: pytest.LogCaptureFixture) -> None:
    group()

    with caplog.at_level(logging.WARNING):
        here.threads_here()

    assert "events are isolated: without a broker they do not reach notifications" in caplog.text


def test_a_group_that_is_not_here_is_refused_by_its_name(db: None) -> None:
    group()

    with pytest.raises(CommandError, match=r"no consumer group tests\.other here; there are tests"):
        call_command("consume", group=["tests.other"], stdout=StringIO())
