"""Workers killed at every point: nothing is lost, and nothing doubled but what cannot be helped.

Between a mail server's yes and our commit nobody can tell the two apart: a mail that was taken then
goes out again, with the same Message-ID. Those are counted apart. They are at most those of a set:
what goes out together within a second, at most fifty for each thread of a worker.
"""

import json
import os
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
#: Of a set, and what may be on its way beside.
TOGETHER, LINES = 50, 4


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
    ("point", "most_again"),
    [
        ("notifications-taken:1", 0),
        ("notifications-given:5", 5),
        ("notifications-sent:1", PEOPLE),
        # Written, but not committed.
        ("notifications-writing:1", PEOPLE),
        # Committed, but the jobs are not settled.
        *at_night(("notifications-written:1", 0), ("notifications-given:12", 12)),
    ],
)
def test_a_killed_worker_loses_no_mail_and_doubles_what_cannot_be_told(
    tmp_path: Path, point: str, most_again: int
) -> None:
    with mail_server() as sink:
        environment = beside(tmp_path, sink)

        killed, _ = run(environment, "queue work", str(PEOPLE), FAULT=point)
        followed, shown = run(environment, "work")

        assert (killed, followed) == (-9, 0)
        assert (shown["states"], shown["sent"]) == ({"email sent": PEOPLE}, PEOPLE)
        assert {to for to, _ in sink.messages} == {f"p{n}@example.com" for n in range(PEOPLE)}
        # Over two lines another mail may be on its way.
        assert most_again <= doubled(sink) <= most_again + int("given" in point)


@pytest.mark.parametrize("point", ["notifications-fanned-out:1", *at_night("notifications-sent:1")])
def test_a_killed_fan_out_tells_everybody_once(tmp_path: Path, point: str) -> None:
    with mail_server() as sink:
        environment = beside(tmp_path, sink)

        killed, _ = run(environment, "begin work", str(PEOPLE), FAULT=point)
        followed, shown = run(environment, "work")

        assert (killed, followed) == (-9, 0)
        assert shown["runs"] == {"done": PEOPLE}
        assert shown["states"] == {"email sent": PEOPLE, "in_app sent": PEOPLE}
        assert shown["sent"] == 2 * PEOPLE
        assert doubled(sink) == (PEOPLE if "sent" in point else 0)


@pytest.mark.nightly
def test_kills_in_a_row_lose_nothing(tmp_path: Path) -> None:
    """`KILLS=…` says how many."""
    kills = int(os.environ.get("KILLS", "1000"))
    points = ("taken", "given", "sent", "writing", "written")
    with mail_server() as sink:
        environment = beside(tmp_path, sink)
        assert run(environment, "queue", str(4 * kills))[0] == 0
        killed = 0
        for number in range(kills):
            point = points[number % len(points)]
            code, _ = run(environment, "work", FAULT=f"notifications-{point}:{1 + number % 3}")
            killed += code == -9
        _, shown = run(environment, "work")

        assert shown["states"] == {"email sent": 4 * kills}
        assert (shown["sent"], len(set(sink.ids))) == (4 * kills, 4 * kills)
        sys.stdout.write(f"{killed} kills, 0 lost, {doubled(sink)} mails again by the same id\n")
        assert doubled(sink) <= killed * (TOGETHER + LINES)
