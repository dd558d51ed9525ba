"""`manage.py doctor --live`: it says what works by doing it, and what does not with the repair."""

import json
import os
import socket
import subprocess
import sys
import threading
from io import StringIO
from typing import Any

import pytest
from django.conf import LazySettings, settings
from django.core.management import CommandError, call_command

from kernel.jobs.models import Job
from kernel.observability import health
from kernel.observability.health import DegradedError
from kernel.storage import storage
from kernel.testing import events, jobs
from project import live

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(health, "_checks", {"part": lambda: "fine"})


@pytest.fixture
def others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever else runs does its part whenever the doctor looks."""
    wait = live._wait

    def wait_while_others_work(patience: float, happened: Any, otherwise: str) -> None:
        events.drain_events()
        jobs.drain()
        wait(patience, happened, otherwise)

    monkeypatch.setattr(live, "_wait", wait_while_others_work)


def doctor(*options: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """Return the exit code, and what was said of each part."""
    out, code = StringIO(), 0
    try:
        call_command("doctor", "--live", "--json", "--patience", "0.05", *options, stdout=out)
    except SystemExit as error:
        code = int(error.code or 0)
    told = [json.loads(line) for line in out.getvalue().splitlines()]
    return code, {one["name"]: one for one in told}


def test_a_worker_knows_the_job_that_is_waited_for() -> None:
    known = "import django; django.setup(); from kernel.jobs.registry import REGISTRY as known"
    told = subprocess.run(
        [sys.executable, "-c", f"{known}; print(known['kernel.probe'].function.__module__)"],
        cwd=settings.BASE_DIR,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{settings.BASE_DIR}:{settings.BASE_DIR}/platform",
            "DJANGO_SETTINGS_MODULE": "project.settings",
            "DATA_DIR": str(settings.DATA_DIR),
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.stdout == "project.probe\n", told.stderr


def test_a_part_has_as_long_as_patience_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()
    monkeypatch.setattr(health, "_checks", {"part": lambda: str(ended.wait(0.2))})
    monkeypatch.setattr(health, "DEADLINE_SECONDS", 0.0)

    found = next(live.probed(30))

    assert (found.name, found.ok, found.detail) == ("ready: part", True, "False")


def test_a_mail_server_that_is_away_is_told_of_with_where_to_look(
    settings: LazySettings,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port

    with pytest.raises(live.ProbeError, match="see EMAIL_URL"):
        live.PROBES["mail"](0)


@pytest.mark.usefixtures("others")
def test_an_event_a_job_and_a_file_go_all_the_way() -> None:
    code, told = doctor()

    assert {name: one["ok"] for name, one in told.items()} == dict.fromkeys(
        ("ready: part", *live.PROBES), True
    )
    assert code == 0
    assert told["event"]["detail"].startswith("from the outbox to ")
    assert told["job"]["detail"] == "done by a worker"
    assert told["storage"]["milliseconds"] > 0


def test_without_anybody_who_works_it_says_so_and_leaves_nothing() -> None:
    code, told = doctor()

    assert code == 1
    assert "no relay took it from the outbox" in told["event"]["detail"]
    assert "no worker has done it within 0.05 s" in told["job"]["detail"]
    assert not Job.objects.filter(name="kernel.probe").exists()


def test_while_kafka_is_away_no_relay_is_waited_for_and_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(_patience: float) -> str:
        raise DegradedError("does not answer")

    monkeypatch.setattr(live, "_kafka", away)

    code, told = doctor()

    assert code == 1
    assert told["event"]["detail"] == "not tried: Kafka does not answer"


@pytest.mark.usefixtures("others")
def test_a_storage_that_gives_back_something_else_and_a_part_that_is_degraded_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def slow() -> str:
        raise DegradedError("slower without")

    monkeypatch.setattr(health, "_checks", {"scanner": slow})
    monkeypatch.setattr(type(storage()), "read", lambda *_args, **_more: iter([b"else"]))

    code, told = doctor()

    assert code == 1
    assert {name for name, one in told.items() if not one["ok"]} == {"ready: scanner", "storage"}
    assert "something else than was saved" in told["storage"]["detail"]


@pytest.mark.parametrize("patience", ["0", "301"])
def test_a_wrong_option_is_misuse(patience: str) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("doctor", "--live", "--patience", patience)

    assert refused.value.returncode == 2
