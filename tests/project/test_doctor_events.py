"""What `manage.py doctor` says of the way events travel."""

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as here
from django.core.management import call_command

from kernel.events.kafka import brokers, topics
from tests.devservices.fixtures import Servers

pytestmark = pytest.mark.live

ROOT = Path(here.BASE_DIR)


def finding_of(database_url: str, folder: Path) -> dict[str, Any]:
    """Return what a process of this database finds out about its events."""
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor", "--json"],
        cwd=ROOT,
        env=os.environ | {"DATA_DIR": str(folder), "DATABASE_URL": database_url, "PORT": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    findings = [json.loads(line) for line in done.stdout.splitlines()]
    return next(one for one in findings if one["check"] == "events")


def test_a_pooler_that_lends_connections_for_a_transaction_is_found_out(
    servers: Servers, tmp_path: Path
) -> None:
    variables = servers.up("postgres", "pgbouncer")

    direct = finding_of(variables["DATABASE_URL"], tmp_path)
    pooled = finding_of(variables["PGBOUNCER_URL"], tmp_path)

    assert direct == {"check": "events", "ok": True, "detail": "in process"}
    assert not pooled["ok"]
    assert "notifications do not arrive" in pooled["detail"]


@pytest.mark.django_db
def test_brokers_that_are_away_and_topics_that_are_missing_are_told(
    servers: Servers, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topics, "event_types", lambda: {"files.file.created.v1": object})
    monkeypatch.setattr(topics, "REQUEST_SECONDS", 2.0)
    settings.PORT, settings.KAFKA_PREFIX = 0, "doctor-"

    def finding() -> dict[str, Any]:
        out = StringIO()
        with pytest.raises(SystemExit):
            call_command("doctor", "--json", stdout=out)
        findings = [json.loads(line) for line in out.getvalue().splitlines()]
        return next(one for one in findings if one["check"] == "events")

    settings.KAFKA_BOOTSTRAP_SERVERS = ("127.0.0.1:1",)
    away = finding()
    settings.KAFKA_BOOTSTRAP_SERVERS = (servers.up("kafka")["KAFKA_BOOTSTRAP_SERVERS"],)
    missing = finding()
    topics.make_missing(topics.declared())
    sound = finding()
    monkeypatch.setattr(brokers, "SESSION_SECONDS", 5)
    late = finding()

    assert "Kafka at 127.0.0.1:1 does not answer" in away["detail"]
    assert missing["detail"] == (
        "over Kafka; made when needed, or by `manage.py topics`: doctor-files.file"
    )
    assert (sound["ok"], sound["detail"]) == (True, "over Kafka")
    assert late["ok"]
    assert late["detail"].startswith("over Kafka; what a killed process reads rests for 6 s")
    assert [away["ok"], missing["ok"]] == [False, True]
