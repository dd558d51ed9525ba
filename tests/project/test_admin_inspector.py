"""The inspector: by the one id that a caller was told, staff find what the request led to."""

import logging
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from contracts.staff import StaffActed
from kernel.jobs.models import Job
from kernel.jobs.services import enqueue
from kernel.observability.context import request_ids
from kernel.observability.notable import MOST_WAITING, notable
from kernel.testing.events import drain_events
from kernel.traced import upkeep
from kernel.traced.lines import write
from kernel.traced.models import TracedLine

pytestmark = pytest.mark.django_db

PAGE = "/admin/inspector/"


@pytest.fixture(autouse=True)
def _nothing_waits() -> None:
    notable.take()


def staff(*permissions: str) -> Client:
    """Somebody of the staff; with no permissions named, one who may do everything."""
    person = User.objects.create(
        username=f"staff-{len(permissions)}", is_staff=True, is_superuser=not permissions
    )
    person.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    browser = Client(raise_request_exception=False)
    browser.force_login(person)
    return browser


def test_a_request_is_found_with_its_events_jobs_audit_logs_and_lines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    browser = staff()

    def forget(*_names: Any) -> None:
        logging.getLogger("x").warning("it takes long")
        enqueue("kernel.clear_drafts", "")

    monkeypatch.setattr("project.admin.caches._forget", forget)

    done = browser.post("/admin/caches/", {"namespace": "", "tenant": "", "confirmed": "yes"})
    drain_events()
    write()
    page = browser.get(PAGE, {"id": done["X-Request-Id"]}).content.decode()

    assert done.status_code == 302
    trace = done["X-Request-Id"].replace("-", "")
    assert f"Trace <code>{trace}</code>" in page
    assert str(Job.objects.get(name="kernel.clear_drafts").pk) in page
    assert StaffActed.TYPE in page
    assert "staff.cache.forget" in page
    assert "it takes long" in page
    # The same by the trace, with or without hyphens; of another there is nothing.
    assert "it takes long" in browser.get(PAGE, {"id": trace}).content.decode()
    other = browser.get(PAGE, {"id": "f" * 32}).content.decode()
    assert "it takes long" not in other
    assert "when it began is not known here" in other


def test_a_caller_who_was_refused_is_found_by_the_id_that_was_given() -> None:
    browser = staff()

    refused = Client().post(
        "/graphql",
        {"query": "{ auditLogs(first: 1) { totalCount } }"},
        content_type="application/json",
        headers={"X-Request-Id": "order-4711", "Authorization": "Bearer septet_live_x"},
    )
    with request_ids("order-4711", ""):
        logging.getLogger("x").warning("a line of it")
    write()
    page = browser.get(PAGE, {"id": "order-4711"}).content.decode()

    assert refused["X-Request-Id"] == "order-4711"
    assert "a line of it" in page
    assert "/admin/identity/refusal/" in page


@pytest.mark.parametrize(
    "given", ["nothing", "' OR 1=1", "\0", "é" * 70], ids=("word", "SQL", "NUL", "long")
)
def test_what_nobody_knows_is_said_so(given: str) -> None:
    page = staff().get(PAGE, {"id": given})

    assert page.status_code == 200
    assert "Log lines" not in page.content.decode()


def test_staff_see_of_a_trace_what_they_may_see_elsewhere() -> None:
    with request_ids("", "") as ids:
        enqueue("kernel.clear_drafts", "")
        logging.getLogger("x").warning("a line of it")
    write()

    lines_only = staff("view_tracedline").get(PAGE, {"id": ids.trace}).content.decode()
    refused = staff("view_job", "view_user").get(PAGE, {"id": ids.trace})

    assert "a line of it" in lines_only
    assert "kernel.clear_drafts" not in lines_only
    assert refused.status_code == 403


def test_only_what_is_notable_waits_and_never_more_than_so_much() -> None:
    log = logging.getLogger("septet.request")
    log.setLevel(logging.INFO)
    with request_ids("", ""):
        log.info("GET / 200", extra={"status": 200})
        assert notable.take() == []
        log.info("GET / 500", extra={"status": 500})
        log.info("what else is said of it")
        for _ in range(MOST_WAITING + 5):
            log.warning("again", extra={"status": 200})

    taken = notable.take()

    assert len(taken) == MOST_WAITING
    assert notable.take() == []


def test_lines_are_kept_for_days_and_never_more_than_so_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(upkeep, "MOST_KEPT", 3)
    with request_ids("", ""):
        for number in range(5):
            logging.getLogger("x").warning("line %s", number)
    write()
    oldest = TracedLine.objects.order_by("pk")[2]
    TracedLine.objects.filter(pk=oldest.pk).update(at=oldest.at - 2 * upkeep.KEPT)

    upkeep.clear_lines("")

    assert [("line 3" in one.line, "line 4" in one.line) for one in TracedLine.objects.all()] == [
        (True, False),
        (False, True),
    ]
