"""What listeners are told of jobs, look by look; how it reaches them: tests/kernel/serving."""

from uuid import UUID

import pytest

from kernel.background import streams
from kernel.background.snapshots import Snapshot
from kernel.background.streams import JobLook, topic_of
from kernel.ids import new_id
from kernel.streams import Broadcaster, StreamEvent

JOB, OTHER = new_id(), new_id()
TENANT = UUID(int=1)
BEGUN = Snapshot(TENANT, ended=False, data=b'{"state":"RUNNING"}')
FURTHER = Snapshot(TENANT, ended=False, data=b'{"state":"RUNNING","progress":{"done":1}}')
ENDED = Snapshot(TENANT, ended=True, data=b'{"state":"DONE"}')


class Told(Broadcaster):
    """Remembers what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.all: list[tuple[str, StreamEvent]] = []

    def publish(self, topic: str, event: StreamEvent) -> None:
        self.all.append((topic, event))


def test_each_look_tells_what_is_new_and_that_a_job_has_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows: dict[UUID, Snapshot] = {}
    monkeypatch.setattr(streams, "snapshots", lambda wanted: rows)
    monkeypatch.setattr(streams, "close_old_connections", lambda: None)
    told = Told()
    look, topics = JobLook(told), {topic_of(JOB), topic_of(OTHER)}

    rows.update({JOB: BEGUN, OTHER: BEGUN})
    look(topics)
    look(topics)
    rows[JOB] = FURTHER
    look(topics)
    rows[JOB] = ENDED
    look({topic_of(JOB)})

    assert sorted(told.all[:2]) == sorted(
        [(topic_of(JOB), BEGUN.event()), (topic_of(OTHER), BEGUN.event())]
    )
    assert told.all[2:] == [(topic_of(JOB), FURTHER.event()), (topic_of(JOB), ENDED.event())]
    assert (ENDED.event().last, ENDED.event().name) == (True, "end")


def test_the_stream_of_a_job_that_is_deleted_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "snapshots", lambda wanted: {})
    monkeypatch.setattr(streams, "close_old_connections", lambda: None)
    told = Told()

    JobLook(told)({topic_of(JOB)})

    assert told.all == [(topic_of(JOB), StreamEvent(data=b"", last=True))]
