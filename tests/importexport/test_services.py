"""What may be done to import jobs, and what is refused."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from apps.importexport.conf import ACCEPTING
from apps.importexport.models import ImportFormat, ImportJob, ImportState
from apps.importexport.models.imports import AT_WORK
from apps.importexport.services import (
    cancel_import,
    create_import,
    delete_import,
    delete_imports,
)
from kernel.errors import (
    ConflictError,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
    UnavailableError,
)
from kernel.ids import new_id, parse_id
from kernel.jobs.models import Job
from kernel.rows import change, locked
from kernel.testing.dynamic import said
from kernel.testing.rivals import rival

pytestmark = pytest.mark.usefixtures("tenant")

A_FILE = "01900000-0000-7000-8000-000000000000"


def make(name: str, state: ImportState = ImportState.READY) -> ImportJob:
    made = create_import(name=name, format=ImportFormat.CSV, source_id=A_FILE)
    ImportJob.objects.filter(pk=made.pk).update(state=state)
    return made


def stored() -> list[tuple[str, str]]:
    return [(one.name, one.state) for one in ImportJob.objects.order_by("name")]


def test_a_new_import_knows_its_source_which_a_job_looks_at() -> None:
    made = create_import(name="a.csv", source_id=A_FILE)

    assert ImportJob.objects.get().source_id == parse_id(A_FILE)
    assert stored() == [("a.csv", "analysing")]
    job = Job.objects.get()
    assert (job.name, job.target) == ("importexport.analyse", f"{made.pk}:2")
    assert made.job_id == job.pk


def test_an_import_without_a_source_is_a_draft_nobody_works_on() -> None:
    create_import(name="rows.jsonl.gz")

    assert stored() == [("rows.jsonl.gz", "draft")]
    assert ImportJob.objects.get().format == "jsonl"
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"name": " "}, "name holds nothing but spaces"),
        ({"name": "x" * 256}, "name: Ensure this value has at most 255 characters (it has 256)."),
        ({"source_id": "a.csv"}, "an id is a UUID of 36 characters, found 'a.csv'"),
        (
            {"source_url": "https://a"},
            "a source is a file, a URL, or a file at an endpoint: one of them",
        ),
        (
            {"source_id": None, "source_url": "file:///etc/passwd"},
            "sourceUrl begins with https:// or http://",
        ),
        ({"policy": "stop_after"}, "stopAfter is 1 or more errors"),
        ({"time_zone": "Mars/Olympus"}, "there is no time zone 'Mars/Olympus'"),
        ({"mapping": [{"field": ""}]}, "a column is mapped to a field"),
        ({"dialect": {"colour": "red"}}, None),
    ],
)
def test_an_import_that_cannot_be_is_not_made(parts: dict[str, Any], message: str | None) -> None:
    usual = {"name": "a.csv", "format": ImportFormat.CSV, "source_id": A_FILE}

    with pytest.raises(InvalidInputError) as refused:
        create_import(**usual | parts)

    assert message is None or str(refused.value) == message
    assert stored() == []


@pytest.mark.parametrize(
    "state", [ImportState.READY, ImportState.ANALYSING, ImportState.RUNNING, ImportState.PAUSED]
)
def test_an_import_that_is_under_way_is_stopped_once(state: ImportState) -> None:
    found = make("a.csv", state)

    for _ in range(2):
        assert cancel_import(id=str(found.pk)).state == "cancelled"

    assert stored() == [("a.csv", "cancelled")]


@pytest.mark.parametrize(
    "state", [ImportState.DONE, ImportState.FAILED, ImportState.UNDOING, ImportState.UNDONE]
)
def test_an_import_at_its_end_cannot_be_stopped(state: ImportState) -> None:
    found = make("a.csv", state)

    with pytest.raises(ConflictError) as refused:
        cancel_import(id=str(found.pk))

    assert str(refused.value) == f"an import that is {state.value} cannot be cancelled"
    assert stored() == [("a.csv", state.value)]


@pytest.mark.parametrize("state", [one for one in ImportState if one not in AT_WORK])
def test_an_import_is_removed_once_and_shown_as_it_was(state: ImportState) -> None:
    found, _ = make("a.csv", state), make("kept.csv")

    removed = delete_import(id=str(found.pk))
    with pytest.raises(NotFoundError, match=f"no import job {found.pk}"):
        delete_import(id=str(found.pk))

    assert (removed.pk, removed.state) == (found.pk, state)
    assert stored() == [("kept.csv", "ready")]


def test_a_running_import_is_not_removed_alone_or_among_others() -> None:
    running, done = make("a.csv", ImportState.RUNNING), make("b.csv", ImportState.DONE)
    unknown = str(new_id())
    refusal = f"the import {running.pk} is running: cancel it first"

    with pytest.raises(ConflictError, match=refusal):
        delete_import(id=str(running.pk))
    outcomes = delete_imports(ids=[str(running.pk), str(done.pk), unknown])

    assert [str(outcomes[0]), outcomes[1], str(outcomes[2])] == [
        refusal,
        done,
        f"no import job {unknown}",
    ]
    assert stored() == [("a.csv", "running")]


def test_more_than_a_call_takes_are_not_removed() -> None:
    found = make("kept.csv")

    with pytest.raises(LimitExceededError, match="at most 100 items a call, found 101"):
        delete_imports(ids=[str(found.pk)] * 101)

    assert stored() == [("kept.csv", "ready")]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("stop", "then"), [(cancel_import, ImportState.DONE), (delete_import, ImportState.RUNNING)]
)
def test_an_import_is_judged_by_what_it_is_when_its_turn_comes(
    stop: Callable[..., ImportJob], then: ImportState
) -> None:
    found = make("a.csv")

    with transaction.atomic():
        change(locked(ImportJob, str(found.pk)), state=then)
        late = rival(lambda: stop(id=str(found.pk)))
        assert not late.done()

    with pytest.raises(ConflictError):
        late.result(timeout=10)
    assert stored() == [("a.csv", then.value)]


def test_operators_can_have_no_imports_taken_for_a_while() -> None:
    with said(ACCEPTING, value=False), pytest.raises(UnavailableError):
        make("rows")

    assert ImportJob.objects.count() == 0
