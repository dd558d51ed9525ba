"""Exports as files of the files service: handed over once, seen by few, removed with the export."""

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from django.conf import settings

from apps.audit.access import EXPORT, PERSONAL
from apps.audit.domain.entries import Personal
from apps.audit.models import AuditExport
from apps.audit.services import handing_over
from apps.audit.services.erasing import erase_subject
from apps.audit.services.exporting import sweep
from apps.audit.services.handing_over import enqueue_all_handing_over, hand_over
from apps.audit.services.recording import record
from kernel import clock
from kernel.errors import UnavailableError
from kernel.identity.models import Tenant
from kernel.jobs.models import Job
from kernel.mesh import storing
from kernel.mesh.client import Mesh
from kernel.mesh.storing import NotStoredError, NotStoredYetError
from kernel.storage.local import LocalStorage
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_key
from tests.audit.factories import an_entry
from tests.audit.test_exports import READ, asked, content, fetched, stored

pytestmark = pytest.mark.skipif(
    "files" not in settings.SERVICES, reason="runs where the files service is"
)

FILES = "{ files { totalCount nodes { id name contentType readerScope sizeBytes sha256 } } }"
STANDING = "query($id: ID!) { auditExport(id: $id) { storingProblem link } }"
EXPORT_FILE = "query($id: ID!) { auditExport(id: $id) { file { id name } } }"


@pytest.fixture(autouse=True)
def folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[Path, Path]:
    """Where audit keeps files, and where the files service does."""
    for app in ("audit", "files"):
        keep = partial(LocalStorage, tmp_path / app)
        monkeypatch.setattr(f"apps.{app}.adapters.stores.storage", keep)
    return tmp_path / "audit", tmp_path / "files"


def client(tenant: Tenant, *scopes: str) -> GraphQLClient:
    return GraphQLClient(make_key(tenant, *scopes).secret, "/graphql")


def handed_over(graphql: GraphQLClient, **told: Any) -> str:
    """Return an export whose file the files service has scanned, and audit has no more."""
    export_id = asked(graphql, **told)
    drain()
    hand_over(UUID(export_id))
    return export_id


def test_the_finished_export_is_a_file_seen_by_those_who_may_take_logs_out(
    tenant: Tenant, graphql: GraphQLClient, folders: tuple[Path, Path]
) -> None:
    record(an_entry())
    export_id = asked(graphql)
    with patch.object(handing_over, "store", side_effect=UnavailableError("files is away")):
        drain()
    before = content(fetched(graphql(READ, id=export_id).data["auditExport"]["link"]))

    hand_over_again(export_id)

    made = AuditExport.objects.get()
    (file,) = client(tenant, "files:read", EXPORT)(FILES).data["files"]["nodes"]
    assert file == {
        "id": str(made.file_id),
        "name": made.file_name,
        "contentType": "application/jsonl",
        "readerScope": EXPORT,
        "sizeBytes": made.size_bytes,
        "sha256": made.sha256,
    }
    assert client(tenant, "files:read")(FILES).data["files"]["totalCount"] == 0
    kept, there = (stored(folder) for folder in folders)
    assert (kept, [one.read_bytes() for one in there]) == ([], [before])


def test_the_graph_leads_from_the_export_to_its_file(
    tenant: Tenant, graphql: GraphQLClient
) -> None:
    export_id = handed_over(graphql)
    made = AuditExport.objects.get()

    with_it = client(tenant, "audit:read", "files:read", EXPORT)(EXPORT_FILE, id=export_id)
    without = client(tenant, "audit:read", "files:read")(EXPORT_FILE, id=export_id)

    assert with_it.data["auditExport"]["file"] == {"id": str(made.file_id), "name": made.file_name}
    assert without.data["auditExport"]["file"] is None


def test_the_link_of_before_leads_on_to_the_file(graphql: GraphQLClient) -> None:
    export_id = asked(graphql)
    drain()
    link = graphql(READ, id=export_id).data["auditExport"]["link"]

    hand_over(UUID(export_id))
    moved = fetched(link)

    assert moved.status_code == 302
    assert moved["Location"].startswith("/files/api/signed/download/")
    assert (moved["Cache-Control"], moved["Referrer-Policy"]) == ("no-store", "no-referrer")


def test_while_files_is_away_it_waits_where_it_is_and_is_tried_again(
    graphql: GraphQLClient, folders: tuple[Path, Path]
) -> None:
    with patch.object(Mesh, "query", side_effect=UnavailableError("files is away")):
        export_id = asked(graphql)
        drain()
    waiting = graphql(STANDING, id=export_id).data["auditExport"]
    job = Job.objects.get(name="audit.hand_over_export")
    assert waiting["storingProblem"] == "UNAVAILABLE: files is away"
    assert fetched(waiting["link"]).status_code == 200
    assert (job.state, job.attempts) == ("queued", 1)

    Job.objects.filter(pk=job.pk).update(state="failed", finished_at=clock.now())
    for _ in range(2):
        enqueue_all_handing_over()
    assert Job.objects.filter(name="audit.hand_over_export", state="queued").count() == 1
    drain()
    hand_over(UUID(export_id))

    assert len(stored(folders[1])) == 1
    assert AuditExport.objects.get().storing_problem == ""


def test_what_was_stored_but_not_noted_is_not_stored_twice(
    graphql: GraphQLClient, folders: tuple[Path, Path]
) -> None:
    export_id = handed_over(graphql)
    made = AuditExport.objects.get()
    AuditExport.objects.update(file_id=None, file_key="audit/00/" + str(made.pk))

    hand_over(UUID(export_id))

    assert AuditExport.objects.get().file_id == made.file_id
    assert len(stored(folders[1])) == 1


def test_what_broke_off_in_the_middle_is_taken_back_and_sent_anew(
    tenant: Tenant, graphql: GraphQLClient, folders: tuple[Path, Path]
) -> None:
    record(an_entry())
    put, calls = storing._put, []

    def breaks_once(request: Any, outgoing: Any, start: int, length: int) -> None:
        calls.append(request["url"])
        if len(calls) == 1:
            raise NotStoredYetError("the connection is gone")
        put(request, outgoing, start, length)

    with patch.object(storing, "_put", breaks_once):
        export_id = asked(graphql)
        drain()
        first = AuditExport.objects.get().upload_id
        hand_over_again(export_id)

    made = AuditExport.objects.get()
    assert made.upload_id != first
    assert made.file_id is not None
    assert client(tenant)(FILES).data["files"]["totalCount"] == 1
    assert len(stored(folders[1])) == 1


def hand_over_again(export_id: str) -> None:
    """Hand over what was not scanned yet, and see it scanned."""
    with pytest.raises(NotStoredYetError):
        hand_over(UUID(export_id))
    drain()
    hand_over(UUID(export_id))


def test_it_goes_from_the_files_service_when_its_time_is_over(
    tenant: Tenant, graphql: GraphQLClient
) -> None:
    handed_over(graphql)
    day = clock.now() + timedelta(days=1, minutes=1)

    with patch.object(clock, "now", lambda: day):
        with patch.object(handing_over, "forget", side_effect=UnavailableError("files is away")):
            sweep()
        away = AuditExport.objects.get()
        assert (away.state, away.storing_problem) == ("expired", "UNAVAILABLE: files is away")
        sweep()

    gone = AuditExport.objects.get()
    assert (gone.state, gone.file_id, gone.upload_id) == ("expired", None, None)
    assert client(tenant)(FILES).data["files"]["totalCount"] == 0


def test_with_personal_fields_it_takes_their_scope_and_goes_with_the_subject(
    tenant: Tenant, graphql: GraphQLClient
) -> None:
    record(an_entry(personal=(Personal(subject="ada", fields=("/actor/name",)),)))
    handed_over(graphql, personal=True)
    (file,) = client(tenant, "files:read", PERSONAL)(FILES).data["files"]["nodes"]
    assert file["readerScope"] == PERSONAL
    assert client(tenant, "files:read", EXPORT)(FILES).data["files"]["totalCount"] == 0

    erase_subject(subject="ada")
    drain()

    assert client(tenant)(FILES).data["files"]["totalCount"] == 0


def test_one_that_is_over_before_it_is_sent_leaves_nothing_there(
    tenant: Tenant, graphql: GraphQLClient
) -> None:
    start = storing._changed

    def expires_first(name: str, document: str, **variables: Any) -> dict[str, Any]:
        made = start(name, document, **variables)
        if name == "startUpload":
            AuditExport.objects.update(state="expired", expires_at=clock.now())
        return made

    asked(graphql)
    with patch.object(storing, "_changed", expires_first):
        drain()

    assert Job.objects.get(name="audit.hand_over_export").state == "failed"
    assert client(tenant)(FILES).data["files"]["totalCount"] == 0


def test_what_files_refuses_is_told_and_not_tried_again(graphql: GraphQLClient) -> None:
    refusal = NotStoredError("QUOTA_EXCEEDED: no room", remote_code="QUOTA_EXCEEDED")
    with patch.object(handing_over, "store", side_effect=refusal):
        export_id = asked(graphql)
        drain()

    assert Job.objects.get(name="audit.hand_over_export").state == "failed"
    told = graphql(STANDING, id=export_id).data["auditExport"]
    assert told["storingProblem"] == "NOT_STORED: QUOTA_EXCEEDED: no room"
    assert fetched(told["link"]).status_code == 200
