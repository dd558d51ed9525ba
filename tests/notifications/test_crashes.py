"""Workers killed at every point: nothing is lost, and nothing doubled but what cannot be helped.

Between a mail server's yes and our commit nobody can tell the two apart: a mail that was taken then
goes out again, with the same Message-ID. Those are counted apart, and are at most one a kill.
"""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from kernel.testing.processes import environment_beside
from tests.nights import at_night
from tests.notifications.sinks import Sink, mail_server

pytestmark = [
    pytest.mark.live,
    pytest.mark.processes,
    pytest.mark.django_db(transaction=True),
]

PROGRAM = Path(__file__).with_name("program.py")
PEOPLE = 12


def run(environment: dict[str, str], *arguments: str, **more: str) -> tuple[int, Any]:
    done = subprocess.run(
        [sys.executable, str(PROGRAM), *arguments],
        cwd=settings.BASE_DIR,
        env=environment | more,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout) if done.stdout else None


def beside(folder: Path, sink: Sink) -> dict[str, str]:
    return environment_beside(
        folder, LOG_LEVEL="ERROR", SERVICES="notifications", SINK=str(sink.port)
    )


def doubled(sink: Sink) -> int:
    """Return how many messages were taken once more, and assert that they have the same id."""
    assert len({to for to, _ in sink.messages}) == len(set(sink.ids))
    return sum(count - 1 for count in Counter(sink.ids).values())


@pytest.mark.parametrize(
    ("point", "again"),
    [
        ("notifications-taken:3", 0),
        ("notifications-sent:3", 1),
        *at_night(("notifications-taken:1", 0), ("notifications-sent:12", 1)),
    ],
)
def test_a_killed_worker_loses_no_mail_and_doubles_what_cannot_be_told(
    tmp_path: Path, point: str, again: int
) -> None:
    with mail_server() as sink:
        environment = beside(tmp_path, sink)

        killed, _ = run(environment, "queue work", str(PEOPLE), FAULT=point)
        followed, shown = run(environment, "work")

        assert (killed, followed) == (-9, 0)
        assert (shown["states"], shown["sent"]) == ({"email sent": PEOPLE}, PEOPLE)
        assert {to for to, _ in sink.messages} == {f"p{n}@example.com" for n in range(PEOPLE)}
        assert doubled(sink) == again


@pytest.mark.parametrize("point", ["notifications-fanned-out:1", *at_night("notifications-sent:5")])
def test_a_killed_fan_out_tells_everybody_once(tmp_path: Path, point: str) -> None:
    with mail_server() as sink:
        environment = beside(tmp_path, sink)

        killed, _ = run(environment, "begin work", str(PEOPLE), FAULT=point)
        followed, shown = run(environment, "work")

        assert (killed, followed) == (-9, 0)
        assert shown["runs"] == {"done": PEOPLE}
        assert shown["states"] == {"email sent": PEOPLE, "in_app sent": PEOPLE}
        assert shown["sent"] == 2 * PEOPLE
        assert doubled(sink) == int("sent" in point)


@pytest.mark.nightly
def test_a_hundred_kills_in_a_row_lose_nothing(tmp_path: Path) -> None:
    with mail_server() as sink:
        environment = beside(tmp_path, sink)
        assert run(environment, "queue", "200")[0] == 0
        kills = 0
        for _ in range(100):
            point = "notifications-sent:2" if kills % 2 else "notifications-taken:2"
            code, _ = run(environment, "work", FAULT=point)
            kills += code == -9
        _, shown = run(environment, "work")

        assert shown["states"] == {"email sent": 200}
        assert len(set(sink.ids)) == 200
        assert doubled(sink) <= kills / 2
