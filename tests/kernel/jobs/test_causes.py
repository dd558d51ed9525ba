"""Whose doing a job is: one trace with who has asked for it, or its own, linked to that."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta

import pytest

from kernel.jobs.models import Job
from kernel.jobs.registry import JobFunction, job, periodic, together
from kernel.jobs.services import enqueue
from kernel.observability.context import current_ids, request_ids
from kernel.observability.tracing import send_to, span
from kernel.testing.jobs import drain
from tests.kernel.observability.test_tracing import KEPT, LEFT, TRACE, Kept

pytestmark = pytest.mark.django_db


@pytest.fixture
def kept() -> Iterator[Kept]:
    sink = Kept()
    send_to(sink, share=0)
    yield sink
    send_to(None, share=0)


def asks_for(name: str, *, by: Callable[[JobFunction], JobFunction]) -> None:
    """Register a job that asks for another."""

    def ask(_target: str) -> None:
        enqueue(name)

    by(ask)


def test_a_job_goes_on_with_the_trace_of_who_asked_for_it(kept: Kept) -> None:
    seen: list[str] = []
    asks_for("tests.second", by=job("tests.first"))
    job("tests.second")(lambda _target: seen.append(current_ids().trace))

    with request_ids("", KEPT), span("asks"):
        enqueue("tests.first")
    drain()

    asks, first, second = kept.spans
    assert seen == [TRACE]
    assert [first.name, second.name] == ["job tests.first", "job tests.second"]
    assert (first.parent, second.parent) == (asks.id, first.id)
    assert [str(one.trace_id.hex) for one in Job.objects.all() if one.trace_id] == [TRACE, TRACE]


def test_of_a_trace_that_nobody_keeps_a_job_has_the_id_and_no_span(kept: Kept) -> None:
    seen: list[tuple[str, bool]] = []
    job("tests.note")(lambda _t: seen.append((current_ids().trace, current_ids().sampled)))

    with request_ids("", LEFT):
        enqueue("tests.note")
    drain()

    assert seen == [(TRACE, False)]
    assert kept.spans == []
    assert Job.objects.get().caused_by == ""


def test_what_a_periodic_job_asks_for_is_linked_to_it_and_apart(kept: Kept) -> None:
    send_to(kept, share=1)
    asks_for("tests.made", by=periodic("tests.look", every=timedelta(minutes=1)))
    job("tests.made")(lambda _target: None)

    enqueue("tests.look")
    drain()

    look, made = kept.spans
    assert made.trace != look.trace
    assert made.parent == ""
    assert made.links == (f"00-{look.trace}-{look.id}-01",)
    assert Job.objects.get(name="tests.made").trace_id is None


def test_jobs_done_together_go_on_with_one_and_are_linked_to_the_others(kept: Kept) -> None:
    @together("tests.send", most=10)
    def send(_targets: Sequence[str]) -> Mapping[str, Exception]:
        return {}

    other = KEPT.replace(TRACE, "1" * 32)
    for told in (LEFT, KEPT, other):
        with request_ids("", told):
            enqueue("tests.send")
    drain()

    (one,) = kept.spans
    assert (one.trace, one.links) == (TRACE, (other,))
    assert one.attributes["septet.job.together"] == 3


def test_a_job_that_fails_is_a_span_that_failed(kept: Kept) -> None:
    @job("tests.fail")
    def fail(_target: str) -> None:
        raise ZeroDivisionError("of Ada")

    with request_ids("", KEPT):
        enqueue("tests.fail")
    drain()

    (one,) = kept.spans
    assert one.failure == "ZeroDivisionError"
    assert "Ada" not in str(one.attributes)
