"""The log of a run as a stream: lines that are there, lines that come, and the end."""

import json
from typing import Any

import pytest

from apps.scheduler.models import JobRun
from apps.scheduler.services.beginning import begin_run
from apps.scheduler.services.ending import finish_run
from apps.scheduler.services.lines import MOST_LINES, tell, tell_progress
from apps.scheduler.services.telling import RunLook, topic_of
from kernel.identity.models import Tenant
from kernel.streams import StreamEvent, broadcaster
from kernel.tenancy.context import in_tenant
from kernel.testing.graphql import http_client
from kernel.testing.tenants import make_key, make_tenant
from tests.scheduler.factories import NOON, fire, make

pytestmark = pytest.mark.usefixtures("tenant")

AT = NOON.replace(minute=0)


@pytest.fixture
def run() -> JobRun:
    (made,) = fire(make(), AT)
    begun = begin_run(made.pk)
    assert begun is not None
    tell(begun, "first")
    tell(begun, "second")
    return begun


def events(body: bytes) -> list[tuple[str, str, Any]]:
    found = []
    for part in body.decode().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in part.splitlines() if ": " in line)
        if "data" in lines:
            found.append((lines["id"], lines["event"], json.loads(lines["data"])))
    return found


def get(tenant: Tenant, run: JobRun, *scopes: str, **headers: str) -> Any:
    key = make_key(tenant, *(scopes or ("scheduler:read",))).secret
    told = {"authorization": f"Bearer {key}"} | headers
    return http_client().get(f"/scheduler/api/runs/{run.pk}/events", headers=told)


def test_who_follows_a_run_is_told_its_lines_and_goes_on_where_they_were(
    tenant: Tenant, run: JobRun
) -> None:
    first = get(tenant, run)
    told = events(first.content)
    again = get(tenant, run, **{"last-event-id": told[-1][0]})

    assert first["Content-Type"] == "text/event-stream"
    assert "X-Septet-Listen" in first
    assert [(kind, line["text"]) for _, kind, line in told] == [
        ("line", "first"),
        ("line", "second"),
    ]
    # What came within the last seconds may be told again, but not what was heard last.
    assert [line["text"] for _, _, line in events(again.content)] == ["first"]


def test_a_run_that_has_ended_is_told_whole_and_once(tenant: Tenant, run: JobRun) -> None:
    finish_run(run.pk, run.attempt, result={"rows": 3})

    first = get(tenant, run)
    again = get(tenant, run, **{"last-event-id": "end"})

    *_, (_, kind, end) = events(first.content)
    assert (kind, end) == ("end", {"state": "SUCCEEDED", "errorCode": None, "result": {"rows": 3}})
    assert "X-Septet-Listen" not in first
    assert (again.status_code, again.content) == (204, b"")


def test_a_log_is_for_who_may_see_the_run(tenant: Tenant, run: JobRun) -> None:
    other = make_tenant()

    assert get(other, run).status_code == 404
    assert get(tenant, run, "files:read").status_code == 403
    assert http_client().get(f"/scheduler/api/runs/{run.pk}/events").status_code == 401
    key = make_key(tenant, "scheduler:read").secret
    refused = http_client().post(
        f"/scheduler/api/runs/{run.pk}/events", headers={"authorization": f"Bearer {key}"}
    )
    assert refused.status_code == 405


def test_what_another_process_tells_is_heard_once_and_the_end_last(
    run: JobRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It would close the connection of this test.
    monkeypatch.setattr("apps.scheduler.services.telling.close_old_connections", lambda: None)
    heard: list[tuple[str, StreamEvent]] = []
    monkeypatch.setattr(broadcaster, "publish", lambda *one: heard.append(one))
    look, topics = RunLook(), {topic_of(run.pk)}
    with in_tenant(make_tenant().pk):
        (elsewhere,) = fire(make(name="other"), AT)
        tell(elsewhere, "of another tenant")

    look(topics)
    look(topics)
    tell_progress(run, "3 of 9")
    look(topics)
    finish_run(run.pk, run.attempt)
    look(topics)

    assert {topic for topic, _ in heard} == topics
    texts = [json.loads(event.data).get("text") for _, event in heard if not event.last]
    assert texts == ["first", "second", "3 of 9", "succeeded"]
    assert (heard[-1][1].name, heard[-1][1].last) == ("end", True)


def test_progress_is_kept_up_to_a_number_of_lines_and_the_end_always(run: JobRun) -> None:
    for number in range(MOST_LINES + 5):
        tell_progress(run, f"{number} rows")
    finish_run(run.pk, run.attempt)

    run.refresh_from_db()
    texts = list(run.lines.order_by("created_at", "id").values_list("text", flat=True))
    assert (len(texts), texts[-1]) == (MOST_LINES + 1, "succeeded")
    assert run.progress == f"{MOST_LINES + 4} rows"
