"""Workers killed while they post: nothing is lost, and what is posted twice has the same id."""

import os
from pathlib import Path

import pytest

from kernel.testing.processes import environment_beside
from tests.nights import at_night
from tests.notifications.receivers import SECRET, Receiver, receiving
from tests.notifications.test_crashes import run

pytestmark = [
    pytest.mark.live,
    pytest.mark.processes,
    pytest.mark.django_db(transaction=True),
]

EVENTS = 12


def beside(folder: Path, receiver: Receiver) -> dict[str, str]:
    return environment_beside(
        folder,
        LOG_LEVEL="ERROR",
        SERVICES="notifications",
        SINK="1",
        HOOK=receiver.url,
        OUTBOUND_ALLOWED=receiver.host,
    )


def doubled(receiver: Receiver, events: int) -> int:
    """Return how many were posted once more; each has the id that it had."""
    told = {(post.id, post.told["data"]["key"]) for post in receiver.heard}
    assert all(post.signed_by(SECRET) for post in receiver.heard)
    assert len(told) == events
    return len(receiver.heard) - events


@pytest.mark.parametrize(
    ("point", "again"),
    [
        ("notifications-post-taken:3", 0),
        ("notifications-posted:3", 1),
        ("inbox.before_commit:5", 0),
        *at_night(("inbox.after_commit:1", 0), ("notifications-posted:12", 1)),
    ],
)
def test_a_killed_worker_loses_no_event_and_doubles_what_cannot_be_told(
    tmp_path: Path, point: str, again: int
) -> None:
    with receiving() as receiver:
        environment = beside(tmp_path, receiver)
        assert run(environment, "listen")[0] == 0

        killed, _ = run(environment, "tell work", str(EVENTS), FAULT=point)
        # What was told and not handled is read on with the next that is told.
        followed, shown = run(environment, "tell work", "1")

        assert (killed, followed) == (-9, 0)
        assert shown["posts"] == {"delivered": EVENTS + 1}
        assert doubled(receiver, EVENTS + 1) == again


@pytest.mark.nightly
def test_many_kills_in_a_row_lose_nothing(tmp_path: Path) -> None:
    kills = int(os.environ.get("KILLS", "100"))
    with receiving() as receiver:
        environment = beside(tmp_path, receiver)
        assert run(environment, "listen tell", str(2 * kills))[0] == 0
        killed = 0
        for number in range(kills):
            point = "notifications-posted:2" if number % 2 else "notifications-post-taken:2"
            killed += run(environment, "work", FAULT=point)[0] == -9
        _, shown = run(environment, "work")

        assert shown["posts"] == {"delivered": 2 * kills}
        assert doubled(receiver, 2 * kills) <= killed
