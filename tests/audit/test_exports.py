"""Exports: files with the logs that a filter finds, made by a job and had by a signed link."""

import base64
import csv
import hashlib
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import orjson
import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.http import HttpResponse
from hypothesis import given
from hypothesis import strategies as st

from apps.audit.adapters import stores
from apps.audit.adapters.export_files import Made
from apps.audit.domain.entries import Actor, Personal
from apps.audit.domain.exporting import COLUMNS
from apps.audit.models import AuditExport, AuditLog, Leaf
from apps.audit.selectors import exports as selector
from apps.audit.services import exporting
from apps.audit.services.erasing import erase_subject
from apps.audit.services.exporting import export_logs, forget_exports, make_export, sweep
from apps.audit.services.recording import record, record_all
from apps.audit.services.retaining import retain
from apps.audit.services.sealing import seal_log
from contracts.audit import AuditExportFinished
from kernel import clock
from kernel.identity.models import Tenant
from kernel.jobs.models import Job
from kernel.storage.local import LocalStorage
from kernel.tenancy.context import in_tenant
from kernel.testing.events import published
from kernel.testing.graphql import GraphQLClient, Result, http_client
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_key, make_tenant
from tests.audit.archiving import MAY, a_policy, recorded
from tests.audit.factories import an_entry, forge

EXPORT = """
mutation Export($input: ExportAuditLogsInput!) {
  exportAuditLogs(input: $input) { auditExport { id state jobId } error { code message } }
}
"""
CANCEL = """
mutation Cancel($id: ID!) {
  cancelAuditExport(input: {id: $id}) { auditExport { state } error { code message } }
}
"""
READ = """query($id: ID!) { auditExport(id: $id) {
  state format filter personal logs sizeBytes sha256 link problem ownerName expiresAt } }"""
LIST = "{ auditExports { totalCount nodes { id personal } } }"
STEPS = ["step.0", "step.1", "step.2"]
MOST = 8


@pytest.fixture(autouse=True)
def files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where exports are kept."""
    store = LocalStorage(tmp_path)
    monkeypatch.setattr(stores, "storage", lambda: store)
    monkeypatch.setattr(settings, "AUDIT_CHECKPOINT_FOLDER", tmp_path / "checkpoints")
    # So that a few logs are several pages.
    monkeypatch.setattr(selector, "FIRST_PAGE", 3)
    monkeypatch.setattr(selector, "MOST_PAGE", MOST)
    # They stay here: a slow test would see them handed over, which is tried again after a second.
    monkeypatch.setattr("kernel.jobs.services.FIRST_RETRY", timedelta(minutes=2))
    return tmp_path / "audit"


def client_of(tenant: Tenant, *scopes: str) -> GraphQLClient:
    return GraphQLClient(make_key(tenant, *scopes).secret, "/audit/graphql")


def asked(client: GraphQLClient, **told: Any) -> str:
    made = client(EXPORT, input={"format": "JSONL"} | told).data["exportAuditLogs"]
    assert made["error"] is None
    assert made["auditExport"]["state"] == "WAITING"
    return str(made["auditExport"]["id"])


def exported(client: GraphQLClient, **told: Any) -> dict[str, Any]:
    export_id = asked(client, **told)
    drain()
    found: dict[str, Any] = client(READ, id=export_id).data["auditExport"]
    return found


def fetched(link: str) -> Any:
    return http_client().get(link)


def content(response: HttpResponse) -> bytes:
    return b"".join(response.streaming_content)  # type: ignore[attr-defined]  # it streams


def lines(link: str) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in content(fetched(link)).splitlines()]


def tracks() -> list[tuple[str, str, dict[str, Any]]]:
    """What is on record of exports: what happened, by whom, and how."""
    rows = AuditLog.objects.filter(action__startswith="audit.export.").order_by("id")
    return list(rows.values_list("action", "actor_id", "metadata"))


def stored(files: Path) -> list[Path]:
    return [one for one in files.rglob("*") if one.is_file()]


def test_an_export_has_what_the_filter_finds_byte_for_byte_as_it_was_sealed(
    graphql: GraphQLClient,
) -> None:
    logs = recorded(20)

    export = exported(graphql, filter={"actorId": "u-1"})

    assert (export["state"], export["logs"], export["problem"]) == ("DONE", 10, "")
    response = fetched(export["link"])
    body = content(response)
    assert response["Content-Type"] == "application/jsonl"
    assert (len(body), hashlib.sha256(body).hexdigest()) == (export["sizeBytes"], export["sha256"])
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    assert response["Repr-Digest"] == f"sha-256=:{digest}:"
    assert response["Cache-Control"] == "no-store"
    assert response["Content-Disposition"].startswith("attachment")
    wanted = [log for number, log in enumerate(logs) if number % 2]
    places = dict(Leaf.objects.values_list("log_id", "position"))
    assert body == b"".join(
        b'{"position":%d,"record":%b}\n' % (places[log.pk], bytes(log.record)) for log in wanted
    )


def test_columns_are_those_of_the_record_and_no_formula_gets_through(
    graphql: GraphQLClient,
) -> None:
    record(
        an_entry(
            actor=Actor(type="user", id="=cmd|' /C calc'!A0", name='Ada, "the\nfirst"'),
            metadata={"é": [1, None]},
        )
    )

    export = exported(graphql, format="CSV", filter={"actions": ["invoice.approved"]})

    text = content(fetched(export["link"])).decode("utf-8-sig")
    header, row = list(csv.reader(io.StringIO(text, newline="")))
    told = dict(zip(header, row, strict=True))
    assert tuple(header) == COLUMNS
    assert told["actorId"] == "'=cmd|' /C calc'!A0"
    assert told["actorName"] == 'Ada, "the\nfirst"'
    assert json.loads(told["metadata"]) == {"é": [1, None]}
    assert told["occurredAt"] == "2024-05-01T12:00:00.000000Z"
    assert (told["position"], json.loads(told["targets"])[0]["id"]) == ("0", "i-1")


def test_parquet_has_the_same_with_types(graphql: GraphQLClient) -> None:
    logs = recorded(20)

    export = exported(graphql, format="PARQUET", filter={"occurredBefore": MAY.isoformat()})

    table = pq.read_table(io.BytesIO(content(fetched(export["link"]))))
    assert tuple(table.column_names) == COLUMNS
    assert table["id"].to_pylist() == [str(log.pk) for log in logs]
    assert table["occurredAt"].to_pylist() == [log.occurred_at for log in logs]
    assert table["position"].to_pylist() == list(range(20))


@pytest.mark.parametrize("form", ["CSV", "JSONL", "PARQUET"])
def test_an_export_that_finds_nothing_is_a_file_all_the_same(
    graphql: GraphQLClient, form: str
) -> None:
    export = exported(graphql, format=form, filter={"actorId": "nobody"})

    assert (export["state"], export["logs"]) == ("DONE", 0)
    body = content(fetched(export["link"]))
    if form == "PARQUET":
        assert pq.read_table(io.BytesIO(body)).num_rows == 0
    else:
        assert body.decode("utf-8-sig") == ("" if form == "JSONL" else ",".join(COLUMNS) + "\r\n")


def test_archived_logs_are_in_it_beside_live_ones_in_one_order(graphql: GraphQLClient) -> None:
    old = recorded(20)
    a_policy()
    retain()
    new = recorded(5, start=clock.now())
    wanted = {"actions": STEPS}

    export = exported(graphql, filter=wanted)

    told = lines(export["link"])
    assert [one["record"]["id"] for one in told] == [str(log.pk) for log in (*old, *new)]
    assert not AuditLog.objects.filter(pk__in=[log.pk for log in old]).exists()


def test_what_comes_while_it_is_made_is_not_in_it_also_when_it_is_made_again(
    graphql: GraphQLClient,
) -> None:
    recorded(10)
    export_id = asked(graphql, filter={"actions": STEPS})
    made_pages = selector.logs_in
    calls = []

    def dies_once(export: AuditExport) -> Any:
        for page in made_pages(export):
            calls.append(len(page))
            if len(calls) == 2:
                # Behind the page, by its time, comes another; and the store goes away.
                recorded(3, start=MAY)
                raise OSError("gone")
            yield page

    with patch.object(exporting, "logs_in", dies_once):
        with pytest.raises(OSError, match="gone"):
            make_export(AuditExport.objects.get().pk)
        make_export(AuditExport.objects.get().pk)

    export = graphql(READ, id=export_id).data["auditExport"]
    assert (export["state"], export["logs"]) == ("DONE", 10)


def test_a_page_is_bounded_by_the_bytes_of_its_logs(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded(12)
    export = export_logs(format="jsonl", query=None)
    seal_log()
    export.log_size = 100

    sizes = [len(page) for page in selector.logs_in(export)]
    monkeypatch.setattr(selector, "PAGE_BYTES", 1_000)
    small = [len(page) for page in selector.logs_in(export)]

    # With the record of the request there are 13.
    assert sizes == [3, MOST, 2]
    assert max(small[1:]) <= 2


def test_every_page_asks_the_same_few_questions(
    tenant: Tenant, django_assert_num_queries: Any
) -> None:
    recorded(12)
    export = export_logs(format="jsonl")
    seal_log()
    export.log_size = 100
    pages = selector.logs_in(export)

    # A page of live logs, which archives overlap, and the places of the logs.
    for _ in range(2):
        with django_assert_num_queries(3):
            next(pages)


def test_personal_fields_take_their_scope_to_be_asked_for_and_to_be_seen(
    tenant: Tenant, graphql: GraphQLClient
) -> None:
    subject = (Personal(subject="ada", fields=("/actor/name",)),)
    record(an_entry(personal=subject))
    reader = client_of(tenant, "audit:read", "audit:export")
    wanted = {"actions": ["invoice.approved"]}

    plain = exported(reader, filter=wanted)
    refused = reader(EXPORT, input={"format": "CSV", "personal": True})
    by_subject = reader(EXPORT, input={"format": "CSV", "filter": {"subject": "ada"}})
    export_id = asked(graphql, personal=True, filter=wanted)
    drain()

    assert refused.codes == by_subject.codes == ["FORBIDDEN"]
    assert "Ada" not in str(lines(plain["link"]))
    (told,) = lines(graphql(READ, id=export_id).data["auditExport"]["link"])
    assert told["personal"] == {"/actor/name": "Ada"}
    assert told["record"]["actor"]["name"] == ""
    assert reader(READ, id=export_id).codes == ["NOT_FOUND"]
    assert [one["personal"] for one in reader(LIST).data["auditExports"]["nodes"]] == [False]


def test_personal_fields_are_in_their_columns(graphql: GraphQLClient) -> None:
    record(an_entry(personal=(Personal(subject="ada", fields=("/actor/name",)),)))

    export = exported(
        graphql, format="CSV", personal=True, filter={"actions": ["invoice.approved"]}
    )

    text = content(fetched(export["link"])).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert row["actorName"] == "Ada"


def test_who_is_erased_is_in_no_file_any_more(graphql: GraphQLClient, files: Path) -> None:
    record(an_entry(personal=(Personal(subject="ada", fields=("/actor/name",)),)))
    personal = exported(graphql, personal=True)
    plain = exported(graphql)
    made = AuditExport.objects.get(personal=True)

    erase_subject(subject="ada")

    assert fetched(personal["link"]).status_code == 404
    assert graphql(READ, id=str(made.pk)).data["auditExport"]["state"] == "EXPIRED"
    drain()
    assert len(stored(files)) == 1
    assert fetched(plain["link"]).status_code == 200


def test_an_erasure_while_the_file_is_made_leaves_none(graphql: GraphQLClient, files: Path) -> None:
    record(an_entry(personal=(Personal(subject="ada", fields=("/actor/name",)),)))
    asked(graphql, personal=True)
    finish = exporting._finish

    def erased_before(export: AuditExport) -> bool:
        erase_subject(subject="ada")
        return finish(export)

    with patch.object(exporting, "_finish", erased_before):
        drain()

    assert AuditExport.objects.get().state == "expired"
    assert stored(files) == []


def test_each_step_is_on_record_and_the_end_is_told(graphql: GraphQLClient) -> None:
    recorded(4)
    wanted = {"actor_id": "u-1"}

    export = exported(graphql, filter={"actorId": "u-1"})
    fetched(export["link"])

    found = tracks()
    me = found[0][1]
    usual = {"format": "jsonl", "filter": wanted, "personal": False}
    end = {"logs": 2, "sha256": export["sha256"], "sizeBytes": export["sizeBytes"]}
    assert found == [
        ("audit.export.requested", me, usual),
        ("audit.export.finished", me, usual | end),
        ("audit.export.downloaded", me, usual | {"logs": 2}),
    ]
    assert me == AuditExport.objects.get().owner_id
    last = AuditLog.objects.get(action="audit.export.downloaded")
    assert last.actor_name == AuditExport.objects.get().owner_name != ""
    (event,) = [one for one in published() if isinstance(one, AuditExportFinished)]
    assert (event.logs, event.sha256, event.owner_id) == (2, export["sha256"], me)


def test_a_link_is_good_for_a_while_and_for_one_export_only(graphql: GraphQLClient) -> None:
    record(an_entry())
    link = exported(graphql)["link"]
    later = clock.now() + timedelta(minutes=15)

    changed = [fetched(link[:-1] + ("A" if link[-1] != "A" else "B")), fetched(link + "x")]
    with patch.object(clock, "now", lambda: later):
        late = fetched(link)

    assert [one.status_code for one in (*changed, late)] == [404] * 3
    assert [one.json()["errors"][0]["extensions"]["code"] for one in changed] == ["NOT_FOUND"] * 2
    assert len(tracks()) == 2


def test_another_tenant_sees_no_export_and_takes_none_back(graphql: GraphQLClient) -> None:
    export_id = asked(graphql)
    stranger = client_of(make_tenant())

    seen = stranger(READ, id=export_id)
    taken = stranger(CANCEL, id=export_id).data["cancelAuditExport"]

    assert seen.codes == ["NOT_FOUND"]
    assert taken["error"]["code"] == "NOT_FOUND"
    assert stranger(LIST).data["auditExports"]["totalCount"] == 0
    assert AuditExport.objects.get().state == "waiting"


def refusals(*results: Result) -> list[list[str]]:
    return [one.codes for one in results]


def test_it_takes_audit_export(tenant: Tenant, graphql: GraphQLClient) -> None:
    export_id = asked(graphql)
    writer = client_of(tenant, "audit:write", "audit:retain")

    refused = refusals(
        writer(EXPORT, input={"format": "CSV"}), writer(CANCEL, id=export_id), writer(LIST)
    )

    assert refused == [["FORBIDDEN"]] * 3
    assert AuditExport.objects.get().state == "waiting"


def test_an_export_is_taken_back_by_its_owner(
    tenant: Tenant, graphql: GraphQLClient, files: Path
) -> None:
    reader = client_of(tenant, "audit:read", "audit:export")
    export_id = asked(graphql)

    refused = reader(CANCEL, id=export_id)
    taken = [graphql(CANCEL, id=export_id).data["cancelAuditExport"] for _ in range(2)]
    drain()

    assert refused.codes == ["FORBIDDEN"]
    assert [one["auditExport"] for one in taken] == [{"state": "CANCELLED"}] * 2
    assert Job.objects.get(name="audit.export").state == "cancelled"
    assert stored(files) == []
    assert [action for action, _, _ in tracks()] == [
        "audit.export.requested",
        "audit.export.cancelled",
    ]


def test_what_is_done_is_not_taken_back(graphql: GraphQLClient) -> None:
    export_id = asked(graphql)
    drain()

    refused = graphql(CANCEL, id=export_id).data["cancelAuditExport"]

    assert refused["error"]["code"] == "CONFLICT"


def test_one_that_is_taken_back_while_it_is_made_leaves_no_file(
    graphql: GraphQLClient, files: Path
) -> None:
    export_id = asked(graphql)
    finish = exporting._finish

    def taken_back(export: AuditExport) -> bool:
        graphql(CANCEL, id=export_id)
        return finish(export)

    with patch.object(exporting, "_finish", taken_back):
        make_export(AuditExport.objects.get().pk)

    assert AuditExport.objects.get().state == "cancelled"
    assert stored(files) == []
    assert [one for one in published() if isinstance(one, AuditExportFinished)] == []


def test_an_attempt_that_lost_its_lease_does_not_touch_the_file_of_the_next(
    graphql: GraphQLClient, files: Path
) -> None:
    record(an_entry())
    asked(graphql)
    finish = exporting._finish

    def overtaken(export: AuditExport) -> bool:
        with patch.object(exporting, "_finish", finish):
            make_export(export.pk)
        return finish(export)

    with patch.object(exporting, "_finish", overtaken):
        make_export(AuditExport.objects.get().pk)

    (file,) = stored(files)
    made = AuditExport.objects.get()
    assert (made.state, made.file_key.endswith(file.name)) == ("done", True)
    assert len([one for one in published() if isinstance(one, AuditExportFinished)]) == 1


def test_a_record_that_was_altered_fails_it_and_says_what_to_do(graphql: GraphQLClient) -> None:
    record(an_entry())
    seal_log()
    forge("UPDATE audit_auditlog SET record = %s", [b"{"])

    export = exported(graphql, format="CSV")

    assert (export["state"], export["link"]) == ("FAILED", None)
    assert export["problem"].startswith("AUDIT_LOG_ALTERED: ")
    assert "audit_verify" in export["problem"]


def test_the_file_goes_when_its_time_is_over_and_the_row_later(
    graphql: GraphQLClient, files: Path
) -> None:
    record(an_entry())
    export_id = asked(graphql)
    drain()
    day, month = (clock.now() + timedelta(days=days, minutes=1) for days in (1, 31))

    sweep()
    assert len(stored(files)) == 1
    with patch.object(clock, "now", lambda: day):
        over = graphql(READ, id=export_id).data["auditExport"]
        sweep()
    assert over["link"] is None
    assert (AuditExport.objects.get().state, stored(files)) == ("expired", [])
    with patch.object(clock, "now", lambda: month):
        sweep()

    assert not AuditExport.objects.exists()


def test_an_export_ends_with_a_job_that_gave_up(graphql: GraphQLClient) -> None:
    asked(graphql)
    Job.objects.filter(name="audit.export").update(
        state="failed", finished_at=clock.now(), last_error="STORAGE_FULL: the disk is full"
    )

    sweep()

    made = AuditExport.objects.get()
    assert (made.state, made.problem) == ("failed", "STORAGE_FULL: the disk is full")


def test_so_many_wait_and_no_more(graphql: GraphQLClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "MOST_OPEN", 2)
    for _ in range(2):
        asked(graphql)

    refused = graphql(EXPORT, input={"format": "CSV"}).data["exportAuditLogs"]

    assert refused["error"]["code"] == "LIMIT_EXCEEDED"
    assert AuditExport.objects.count() == 2
    with in_tenant(make_tenant().pk):
        export_logs(format="csv")


def test_files_go_with_their_tenant(graphql: GraphQLClient, files: Path) -> None:
    exported(graphql)

    forget_exports()

    assert stored(files) == []


@given(st.lists(st.binary(max_size=20)), st.integers(min_value=1, max_value=9))
def test_bytes_are_read_in_full_parts_until_the_end(chunks: list[bytes], size: int) -> None:
    made = Made(iter(chunks))
    parts = []
    while part := made.read(size):
        parts.append(part)

    whole = b"".join(chunks)
    assert b"".join(parts) == whole
    assert {len(one) for one in parts[:-1]} <= {size}
    assert (made.size, made.sha256.digest()) == (len(whole), hashlib.sha256(whole).digest())


def test_many_logs_of_others_change_nothing(graphql: GraphQLClient) -> None:
    with in_tenant(make_tenant().pk):
        record_all([an_entry(action=f"theirs.{number}") for number in range(5)])
        seal_log()
    record(an_entry(action="ours"))

    export = exported(graphql)

    assert [one["record"]["action"] for one in lines(export["link"])] == [
        "ours",
        "audit.export.requested",
    ]
