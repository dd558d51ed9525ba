"""Rows go to the app that owns a dataset, in batches that it does once, and are taken back."""

from typing import Any

import pytest
from django.conf import settings

from apps.importexport.models import ImportJob, RowError
from apps.importexport.services import applying, owners
from apps.importexport.services.committing import Outcome
from apps.importexport.services.controlling import resume_import, undo_import
from apps.importexport.services.imports import check_import, start_import
from kernel.datasets import client
from kernel.mesh.client import mesh
from kernel.testing.jobs import drain
from tests.importexport.importing import import_of, run, somebody, with_files

pytestmark = [
    pytest.mark.usefixtures("tenant"),
    pytest.mark.skipif("config" not in settings.SERVICES, reason="runs where flags are"),
    with_files,
]

#: What tags are is for their owner to say.
SOURCE = (
    "key,description,tags\nnew-search,Search,[]\nno-list,Bad,1\nold-search,Old,[]\ndark,Dark,[]\n"
)
MAPPING = [{"field": name, "source": name} for name in ("key", "description", "tags")]


def import_of_flags(**plan: Any) -> ImportJob:
    return import_of(
        SOURCE, **{"dataset": "config.flags", "mapping": MAPPING, "mode": "upsert", **plan}
    )


def flags() -> dict[str, str]:
    with somebody():
        nodes = mesh.query("config", "{ featureFlags { nodes { key description } } }")
    return {one["key"]: one["description"] for one in nodes["featureFlags"]["nodes"]}


def there(key: str, description: str) -> None:
    with somebody():
        mesh.query(
            "config",
            "mutation($input: CreateFeatureFlagInput!) {"
            " createFeatureFlag(input: $input) { error { code } } }",
            input={"key": key, "description": description},
        )


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owners, "MOST_ROWS", 2)


def test_rows_are_the_owners_to_take_or_refuse() -> None:
    there("old-search", "Search of yesterday")

    checked = run(import_of_flags(), check_import)
    assert (checked.state, checked.failed) == ("checked", 1)
    assert flags() == {"old-search": "Search of yesterday"}

    job = run(checked)

    assert (job.state, job.inserted, job.updated, job.failed, job.batches) == ("done", 2, 1, 1, 2)
    assert flags() == {"new-search": "Search", "old-search": "Old", "dark": "Dark"}
    error = RowError.objects.get(import_id=job.pk)
    assert (error.line, error.position, error.code) == (3, 2, "INVALID_INPUT")

    job = run(job, undo_import)

    assert (job.state, job.undone, job.kept) == ("undone", 3, 0)
    assert flags() == {"old-search": "Search of yesterday"}


def test_a_batch_that_was_told_and_not_noted_is_told_again_and_done_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[str] = []
    apply = client.apply

    def counted(name: str, *, batch: str, **wanted: Any) -> Any:
        told.append(batch)
        return apply(name, batch=batch, **wanted)

    monkeypatch.setattr(client, "apply", counted)
    job = import_of_flags()
    with monkeypatch.context() as patched, somebody():
        patched.setattr(applying.Applying, "_note", lambda *_: Outcome.STOP)
        start_import(id=str(job.pk))
        drain()
        assert len(flags()) == 3
    job.refresh_from_db()
    assert (job.state, job.batches) == ("running", 0)

    ImportJob.objects.filter(pk=job.pk).update(state="paused")
    job = run(job, resume_import)

    assert told == [f"import:{job.pk}:{number}" for number in (0, 1, 0, 1)]
    assert (job.state, job.inserted, job.failed) == ("done", 3, 1)
    assert len(flags()) == 3


def test_an_undo_reaches_what_was_told_and_not_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    job = import_of_flags()
    with monkeypatch.context() as patched, somebody():
        patched.setattr(applying.Applying, "_note", lambda *_: Outcome.STOP)
        start_import(id=str(job.pk))
        drain()
    ImportJob.objects.filter(pk=job.pk).update(state="paused")

    job = run(job, undo_import)

    assert (job.state, flags()) == ("undone", {})


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        ({"mode": "replace"}, "IMPORTEXPORT_PLAN_REFUSED"),
        ({"dataset": "audit.logs"}, "IMPORTEXPORT_PLAN_REFUSED"),
        ({"dataset": "config.nothing"}, "NOT_FOUND"),
    ],
)
def test_what_the_owner_does_not_take_is_refused(plan: dict[str, Any], code: str) -> None:
    job = import_of_flags(**plan)
    if job.state == "ready":
        job = run(job)

    assert (job.state, job.error_code, flags()) == ("failed", code, {})
