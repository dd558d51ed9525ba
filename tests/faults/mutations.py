"""Errors that somebody could make in the platform; each has to be seen in some world."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any
from unittest.mock import patch

from django.db import transaction

from contracts.envelope import Envelope
from kernel.events import in_process, inbox, inserting, publishing
from kernel.events.models import Handled, Redelivery, RedeliveryState
from kernel.events.registry import Group
from kernel.jobs import claiming, services
from kernel.jobs.models import Job, JobState

Mutation = Callable[[], Any]
MUTATIONS: dict[str, Mutation] = {}


def mutation(make: Mutation) -> Mutation:
    """Let a test make this error."""
    MUTATIONS[make.__name__] = make
    return make


def _alone(handle: Callable[[Group, Envelope], None]) -> Any:
    """Return a change of the inbox by which each event is handled alone, in this way."""

    def together(group: Group, items: Sequence[Any], source: Any) -> tuple[int, Exception | None]:
        try:
            handle(group, source.take(items[0]))
            source.settle(items[:1])
        except Exception as error:  # noqa: BLE001  as the inbox does
            return 0, error
        return 1, None

    return patch.object(inbox, "_handle_together", together)


@mutation
def the_mark_is_committed_before_the_event_is_handled() -> Any:
    def handle(group: Group, envelope: Envelope) -> None:
        marked = inbox._mark(group.name, [envelope])
        with transaction.atomic():
            inbox._do(group, envelope, marked)

    return _alone(handle)


@mutation
def the_mark_is_committed_after_the_event_was_handled() -> Any:
    def handle(group: Group, envelope: Envelope) -> None:
        known = Handled.objects.filter(group=group.name, event_id=envelope.id)
        if not known.exists():
            with transaction.atomic():
                inbox._do(group, envelope, {envelope.id})
            inbox._mark(group.name, [envelope])

    return _alone(handle)


@mutation
def what_a_failed_handler_did_is_kept() -> Any:
    return patch("kernel.events.inbox.transaction.atomic", lambda *_, **__: nullcontext())


@mutation
def the_inbox_remembers_nothing() -> Any:
    def mark(_group: str, envelopes: Sequence[Envelope]) -> set[str]:
        return {envelope.id for envelope in envelopes}

    return patch.object(inbox, "_mark", mark)


@mutation
def the_offset_is_committed_before_the_events_are_handled() -> Any:
    wanted = in_process.LogReader.fetch

    def fetch(reader: in_process.LogReader, limit: int) -> Any:
        found = wanted(reader, limit)
        reader.commit()
        return found

    return patch.object(in_process.LogReader, "fetch", fetch)


@mutation
def the_relay_goes_on_after_the_last_position_it_has_seen() -> Any:
    past = (
        "state = 'waiting' AND position > (SELECT coalesce(max(position), 0) FROM"
        ' events_outboxevent WHERE "offset" IS NOT NULL)'
    )
    return patch.object(
        in_process, "_GIVE_OFFSETS", in_process._GIVE_OFFSETS.replace("state = 'waiting'", past)
    )


@mutation
def events_are_written_after_the_commit() -> Any:
    insert = inserting.insert
    return patch.object(
        publishing, "insert", lambda rows: transaction.on_commit(partial(insert, rows))
    )


@mutation
def later_events_of_a_key_do_not_wait() -> Any:
    return patch.object(inbox, "_waiting_keys", lambda *_: set())


@mutation
def an_event_that_fails_twice_is_dropped() -> Any:
    def fail(_group: Group, row: Redelivery, _error: Exception) -> None:
        row.state = RedeliveryState.HANDLED
        row.save()

    return patch.object(inbox, "_fail", fail)


@mutation
def a_job_is_settled_by_who_has_lost_its_lease() -> Any:
    def held(jobs: Sequence[Job]) -> Any:
        return Job.objects.filter(pk__in=[job.pk for job in jobs], state=JobState.RUNNING)

    return patch.object(services, "held", held)


@mutation
def a_late_report_opens_a_settled_job_again() -> Any:
    def held(jobs: Sequence[Job]) -> Any:
        return Job.objects.filter(pk__in=[job.pk for job in jobs])

    return patch.object(services, "held", held)


@mutation
def jobs_of_lost_workers_stay_with_them() -> Any:
    return patch.object(services, "recover", lambda _known: 0)


@mutation
def leases_are_not_renewed() -> Any:
    return patch.object(services, "renew", lambda *_: None)


@mutation
def jobs_are_stored_after_the_commit() -> Any:
    store = services.store

    def later(job: Job) -> object:
        transaction.on_commit(partial(store, job))
        return job.pk

    return patch.object(services, "store", later)


@mutation
def keys_of_jobs_are_not_kept() -> Any:
    store = services.store

    def without_key(job: Job) -> object:
        job.key = None
        return store(job)

    return patch.object(services, "store", without_key)


@mutation
def a_claim_takes_what_another_has() -> Any:
    def next_of(queue: str, names: Sequence[str]) -> Any:
        states = [JobState.QUEUED, JobState.RUNNING]
        return Job.objects.filter(state__in=states, waits_for="", queue=queue, name__in=names)

    return patch.object(claiming, "next_of", next_of)


@mutation
def a_job_that_was_tried_enough_is_tried_again() -> Any:
    wanted = services._retry_or_close

    def again(rows: Any, job: Job, error: BaseException, **more: Any) -> None:
        attempts, job.attempts = job.attempts, 1
        wanted(rows, job, error, **more)
        job.attempts = attempts

    return patch.object(services, "_retry_or_close", again)


@contextmanager
def made(name: str) -> Iterator[None]:
    """Make the error of this name while the block runs."""
    with MUTATIONS[name]():
        yield
